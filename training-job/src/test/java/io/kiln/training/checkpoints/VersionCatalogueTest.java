package io.kiln.training.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Promotion;
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
        return catalogue.expired(keepLast, keepEvery, 1).stream()
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

    private void promotedByTheJob(long version) {
        CheckpointEvent event = TestVersions.event(version, CheckpointStatus.PROMOTED);
        event.put("promotion", new Promotion(null, null, List.of(), null));
        catalogue.add(event);
    }

    @Test
    void ofWhatTheJobPromotedThoseOfLateAreKeptAndWhatPeoplePromoteStays() {
        say(1, CheckpointStatus.PROMOTED);
        for (long version = 2; version <= 5; version++) {
            promotedByTheJob(version);
        }
        assertThat(ids(catalogue.expired(6, 0, 2)))
                .containsExactly("run-1-v2-retired", "run-1-v3-retired", "run-1-v6-retired");
        say(2, CheckpointStatus.RETIRED);
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(2))).isTrue();
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(3))).isFalse();
        assertThat(ids(catalogue.expired(6, 0, 2)))
                .containsExactly("run-1-v3-retired", "run-1-v6-retired");
    }

    @Test
    void whatAPersonAndTheJobPromoteStaysUntilItIsRevoked() {
        promotedByTheJob(1);
        CheckpointEvent again = TestVersions.event(1, CheckpointStatus.PROMOTED);
        again.put("eventId", again.getEventId() + "-2");
        catalogue.add(again);
        say(2, CheckpointStatus.PROMOTED);
        CheckpointEvent late = TestVersions.event(2, CheckpointStatus.PROMOTED);
        late.put("eventId", late.getEventId() + "-2");
        late.put("promotion", new Promotion(null, null, List.of(), null));
        catalogue.add(late); // the gate had decided it before
        promotedByTheJob(3);
        assertThat(ids(catalogue.expired(9, 0, 1))).isEmpty();
        say(1, CheckpointStatus.REVOKED);
        assertThat(ids(catalogue.expired(9, 0, 1))).containsExactly("run-1-v1-retired");
    }

    /** It was not in use when it was decided, and it is when the event is visible. */
    @Test
    void theVersionInUseIsNeverDeletedAndIsRetiredLater() {
        promotedByTheJob(2);
        promotedByTheJob(3);
        assertThat(ids(catalogue.expired(9, 0, 1)))
                .containsExactly("run-1-v1-retired", "run-1-v2-retired");
        say(3, CheckpointStatus.REVOKED);
        say(2, CheckpointStatus.RETIRED);
        assertThat(catalogue.mayBeDeleted(TestVersions.folder(2))).isFalse();
        assertThat(ids(catalogue.expired(9, 0, 1)))
                .containsExactly("run-1-v1-retired", "run-1-v3-retired");
        promotedByTheJob(4);
        assertThat(ids(catalogue.expired(9, 0, 1)))
                .containsExactly("run-1-v1-retired", "run-1-v2-retired-2", "run-1-v3-retired");
    }

    private static List<String> ids(List<CheckpointEvent> events) {
        return events.stream().map(CheckpointEvent::getEventId).toList();
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
        assertThat(catalogue.expired(10, 0, 1))
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
