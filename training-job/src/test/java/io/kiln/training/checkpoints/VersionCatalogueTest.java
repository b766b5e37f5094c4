package io.kiln.training.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.TestRecords;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VersionCatalogueTest {
    private static final long VERSIONS = 12;

    private final VersionCatalogue catalogue = new VersionCatalogue("tiny", "run-1");

    @BeforeEach
    void announce() {
        for (long version = 1; version <= VERSIONS; version++) {
            assertThat(catalogue.add(TestVersions.event(version, CheckpointStatus.CANDIDATE)))
                    .isTrue();
        }
    }

    private void say(long version, CheckpointStatus status) {
        catalogue.add(TestVersions.event(version, status));
    }

    private List<Long> expired(int keepLast, int keepEvery) {
        return catalogue.expired(keepLast, keepEvery).stream()
                .map(CheckpointEvent::getVersion)
                .toList();
    }

    @Test
    void theNewestAndEachSoManyAreKept() {
        assertThat(expired(3, 4)).containsExactly(1L, 2L, 3L, 5L, 6L, 7L, 9L);
        assertThat(expired(3, 0)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(expired(3, 1)).isEmpty();
        assertThat(expired(100, 0)).isEmpty();
    }

    @Test
    void promotedVersionIsKeptUntilItIsRevoked() {
        say(2, CheckpointStatus.PROMOTED);
        assertThat(expired(10, 0)).containsExactly(1L);
        say(2, CheckpointStatus.REVOKED);
        assertThat(expired(10, 0)).containsExactly(1L, 2L);
    }

    @Test
    void retiredVersionIsNotRetiredAgain() {
        say(1, CheckpointStatus.RETIRED);
        assertThat(expired(10, 0)).containsExactly(2L);
    }

    @Test
    void eventsOfOtherRunsAndModelsAreNotCounted() {
        for (VersionCatalogue other :
                List.of(
                        new VersionCatalogue("tiny", "run-2"),
                        new VersionCatalogue("big", "run-1"))) {
            assertThat(other.add(TestVersions.event(13, CheckpointStatus.CANDIDATE))).isFalse();
            assertThat(other.announced(13)).isFalse();
        }
    }

    @Test
    void onlyRetiredVersionsAndLeftoversMayBeDeleted() {
        say(1, CheckpointStatus.RETIRED);
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(1))).isTrue();
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(2))).isFalse();
        assertThat(catalogue.mayBeDeleted(new VersionFolder(2, 19))).as("another step").isTrue();
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(VERSIONS + 1)))
                .as("in the making")
                .isFalse();
    }

    @Test
    void versionThatWasPromotedWhileItWasRetiredIsNotDeleted() {
        say(1, CheckpointStatus.PROMOTED);
        say(1, CheckpointStatus.RETIRED);
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(1))).isFalse();
    }

    /** A second announcement of a promoted version deleted its files. */
    @Test
    void repeatedOrForgedEventsChangeNothingThatWasSaid() {
        say(1, CheckpointStatus.PROMOTED);
        say(1, CheckpointStatus.CANDIDATE);
        catalogue.add(TestRecords.event("tiny", "run-1", 1, 5).build());
        catalogue.add(TestRecords.event("tiny", "run-1", VERSIONS + 1, 3).build());
        say(1, CheckpointStatus.RETIRED);
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(1))).isFalse();
        assertThat(catalogue.expired(10, 0))
                .extracting(CheckpointEvent::getVersion)
                .containsExactly(2L);
        assertThat(catalogue.announced(VERSIONS + 1)).isFalse();
    }

    @Test
    void folderIsNamedByVersionAndStep() {
        VersionFolder folder = new VersionFolder(12, 3_400);
        assertThat(folder.name()).isEqualTo("v000012-step000003400");
        assertThat(VersionFolder.parse(folder.name())).contains(folder);
        assertThat(VersionFolder.parse("v12-step3")).isEmpty();
        assertThat(VersionFolder.parse(".v000012-step000003400.part")).isEmpty();
    }
}
