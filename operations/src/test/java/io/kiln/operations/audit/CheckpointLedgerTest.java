package io.kiln.operations.audit;

import static org.assertj.core.api.Assertions.assertThat;

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
        ledger.add(event, "checkpoints/0@" + version);
        return event;
    }

    private static CheckpointEvent becomes(CheckpointEvent event, CheckpointStatus status) {
        return CheckpointEvents.withStatus(event, status, Instant.EPOCH);
    }

    private void say(CheckpointEvent event, CheckpointStatus status) {
        ledger.add(becomes(event, status), "checkpoints/0@99");
    }

    private void delete(long version) throws IOException {
        Files.delete(folder.resolve("v" + version));
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
}
