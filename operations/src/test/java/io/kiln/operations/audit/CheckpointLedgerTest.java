package io.kiln.operations.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.TestRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointLedgerTest {
    private static final Runnable NO_NEWS = () -> {};

    @TempDir private Path folder;

    private final Findings findings = new Findings();
    private final CheckpointLedger ledger = new CheckpointLedger(Map.of(), findings);

    /** Announces a version whose file exists. */
    private CheckpointEvent announced(long version) throws Exception {
        CheckpointEvent event = TestRecords.write(folder, "tiny", "run", version, version);
        ledger.add(event, "checkpoints/0@" + version, false);
        return event;
    }

    private static CheckpointEvent becomes(CheckpointEvent event, CheckpointStatus status) {
        return CheckpointEvents.withStatus(event, status, Instant.EPOCH);
    }

    private void say(CheckpointEvent event, CheckpointStatus status) {
        ledger.add(becomes(event, status), "checkpoints/0@99", false);
    }

    private void delete(long version) throws IOException {
        Files.delete(folder.resolve("v" + version));
    }

    /** Runs of two models may have the same name, and so may their events. */
    @Test
    void anEventIsNotAgainThereBecauseAnotherModelHasOneOfItsId() throws Exception {
        CheckpointEvent event = announced(1);
        say(event, CheckpointStatus.REVOKED);
        say(
                CheckpointEvent.newBuilder(event).setModel("other").build(),
                CheckpointStatus.REVOKED); // which nobody has announced
        assertThat(findings.counts()).isEqualTo(Map.of(Kind.UNEXPLAINED, 1L));
    }

    @Test
    void filesOfRetiredVersionsMayBeGone() throws Exception {
        say(announced(1), CheckpointStatus.RETIRED);
        announced(2);
        delete(1);
        assertThat(ledger.verifyFiles(NO_NEWS)).isEqualTo(1);
        assertThat(ledger.retired()).isEqualTo(1);
        assertThat(findings.counts()).isEmpty();
    }

    @Test
    void fileOfAVersionThatWasNotRetiredIsMissing() throws Exception {
        say(announced(1), CheckpointStatus.RETIRED);
        announced(2);
        delete(2);
        assertThat(ledger.verifyFiles(NO_NEWS)).isZero();
        assertThat(findings.counts()).isEqualTo(Map.of(Kind.MISSING, 1L));
    }

    @Test
    void fileOfAPromotedVersionIsMissingEvenIfItWasRetired() throws Exception {
        CheckpointEvent first = announced(1);
        say(first, CheckpointStatus.PROMOTED);
        say(first, CheckpointStatus.RETIRED);
        delete(1);
        ledger.verifyFiles(NO_NEWS);
        assertThat(findings.counts()).isEqualTo(Map.of(Kind.MISSING, 1L));
    }

    @Test
    void filesOfARevokedVersionAreNotAskedForUntilItIsPromotedAgain() throws Exception {
        CheckpointEvent first = announced(1);
        say(first, CheckpointStatus.REVOKED);
        delete(1);
        ledger.verifyFiles(NO_NEWS);
        assertThat(findings.counts()).isEmpty();
        say(first, CheckpointStatus.PROMOTED);
        ledger.verifyFiles(NO_NEWS);
        assertThat(findings.counts()).isEqualTo(Map.of(Kind.MISSING, 1L));
    }

    @Test
    void repeatedEventChangesNothingAndIsTold() throws Exception {
        CheckpointEvent first = announced(1);
        say(first, CheckpointStatus.PROMOTED);
        say(first, CheckpointStatus.REVOKED);
        say(first, CheckpointStatus.PROMOTED); // not a second promotion, whose id would be another
        delete(1);
        ledger.verifyFiles(NO_NEWS);
        assertThat(findings.counts()).isEqualTo(Map.of(Kind.DUPLICATED, 1L));
    }

    @Test
    void versionThatIsRetiredWhileFilesAreReadIsNotMissing() throws Exception {
        CheckpointEvent first = announced(1);
        delete(1);
        ledger.verifyFiles(() -> ledger.update(becomes(first, CheckpointStatus.RETIRED)));
        assertThat(findings.counts()).isEmpty();
    }

    @Test
    void versionOfARunWithoutStepsIsLostUnlessRetentionMayHaveDeletedThem() {
        CheckpointEvent early = TestRecords.event("tiny", "run", 1, 0).build();
        ledger.add(early, "checkpoints/0@0", true);
        ledger.add(TestRecords.event("tiny", "run", 2, 5).build(), "checkpoints/0@1", false);
        assertThat(findings.kept()).isEmpty();
        ledger.add(TestRecords.event("tiny", "run", 3, 9).build(), "checkpoints/0@2", true);
        assertThat(findings.kept())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, "checkpoints/0@2"));
    }
}
