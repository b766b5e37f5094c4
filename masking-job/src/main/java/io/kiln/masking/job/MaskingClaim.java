package io.kiln.masking.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Identifiers;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.kafka.RunClaim;
import io.kiln.kafka.RunOwners;
import io.kiln.kafka.SinkGuard;
import io.kiln.masking.job.BatchTopic.Written;
import io.kiln.schemas.BrokerException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The masking job's exclusive right to its topic of batches ({@link RunClaim}), as each subtask of
 * its sinks knows it. The first subtask of the sink of batches obtains it; the others wait until it
 * has, and none initialises its sink before.
 */
final class MaskingClaim implements SinkGuard {
    private static final long serialVersionUID = 1L;
    private static final long POLL_MILLIS = 50;

    private final KilnConfig config;
    private final List<String> transactions;
    private final String submission;
    private final boolean ofBatches;
    private transient @Nullable RunClaim claim;
    private transient boolean first;
    private transient BatchStamp stamp;

    /**
     * @param transactions prefixes of the transactional ids of the job's sinks
     * @param submission identity of the submitted job
     * @param ofBatches whether this guards the sink of batches
     */
    MaskingClaim(
            KilnConfig config, List<String> transactions, String submission, boolean ofBatches) {
        this.config = config;
        this.transactions = List.copyOf(transactions);
        this.submission = submission;
        this.ofBatches = ofBatches;
        this.stamp = new BatchStamp(submission, 0);
    }

    /** For a batch that is written now. */
    BatchStamp stamp() {
        return stamp;
    }

    @Override
    public void opening(OptionalLong restoredCheckpoint, int subtask) {
        String topic = config.topics().sparseBatches();
        claim =
                new RunClaim(
                        config,
                        Identifiers.of("kiln-masker", topic),
                        topic,
                        "masking job that writes to " + topic,
                        submission);
        first = ofBatches && subtask == 0;
        try {
            if (first) {
                take(restoredCheckpoint);
            }
            stamp = new BatchStamp(awaitLineage(), restoredCheckpoint.orElse(0));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void take(OptionalLong restored) {
        if (isReady(opened().decidedOwners())) {
            return; // a restart
        }
        try (BatchTopic batches = new BatchTopic(config, transactions)) {
            Map<TopicPartition, Long> before = new HashMap<>(batches.ends());
            opened().take(
                            () -> {
                                lineage(batches, restored);
                                before.putAll(batches.ends());
                            },
                            () -> decide(batches, restored, before));
        }
    }

    private String decide(
            BatchTopic batches, OptionalLong restored, Map<TopicPartition, Long> before) {
        lineage(batches, restored); // before anything is aborted
        batches.abortAfter(restored.orElse(0));
        if (restored.isEmpty() && batches.anyFrom(before)) {
            throw refused("another masking job has published batches until now");
        }
        return lineage(batches, restored); // what was under way until now
    }

    private boolean isReady(RunOwners owners) {
        return owners.isOwner(submission) && !owners.isUndecided();
    }

    /**
     * Requires that the topic holds no batch that the state does not know.
     *
     * @return the lineage to go on with
     */
    private String lineage(BatchTopic batches, OptionalLong restored) {
        batches.awaitOthers();
        List<Written> newest = batches.newest();
        if (restored.isEmpty()) {
            if (!newest.isEmpty() && !config.masking().again()) {
                throw refused("this masking job starts without state");
            }
            return submission;
        }
        String lineage =
                newest.stream()
                        .filter(batch -> batch.stamp().isPresent())
                        .max(Comparator.comparingLong(Written::timestamp))
                        .flatMap(Written::stamp)
                        .map(BatchStamp::lineage)
                        .orElse(submission);
        long last =
                newest.stream()
                        .flatMap(batch -> batch.stamp().stream())
                        .filter(written -> written.lineage().equals(lineage))
                        .mapToLong(BatchStamp::checkpoint)
                        .max()
                        .orElse(-1);
        if (last >= restored.getAsLong()) {
            throw refused(
                    "the last of them were written after checkpoint "
                            + last
                            + ", whereas this masking job starts from checkpoint "
                            + restored.getAsLong());
        }
        return lineage;
    }

    private NonRecoverableJobException refused(String why) {
        return new NonRecoverableJobException(
                config.topics().sparseBatches()
                        + " holds batches already, and "
                        + why
                        + ": images would be masked, and trained on, once more. If another masking job"
                        + " is alive, keep it running. If not, go on from its last checkpoint or savepoint: kiln"
                        + " submit masking --from latest. For another run, choose another topics.sparseBatches. To mask"
                        + " all images once more on purpose, start without state and with masking.again=true");
    }

    private String awaitLineage() {
        while (true) {
            RunOwners owners = opened().decidedOwners();
            if (isReady(owners)) {
                return owners.token();
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BrokerException("interrupted while another subtask claimed the run", e);
            }
        }
    }

    @Override
    public void committing() {
        if (first) {
            opened().renew(stamp.lineage());
        } else {
            opened().require();
        }
    }

    @Override
    public void snapshotted(long checkpoint) {
        stamp = new BatchStamp(stamp.lineage(), checkpoint);
    }

    private RunClaim opened() {
        return Objects.requireNonNull(claim, "opening() comes first");
    }

    @Override
    public void close() {
        if (claim != null) {
            claim.close();
        }
    }
}
