package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.kafka.RunClaim;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.state.RunProgress;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;

/**
 * One trainer's exclusive right to a run: a trainer that is submitted later takes it, and the
 * earlier one fails before it publishes anything more ({@link RunClaim}). Each attempt of a job
 * notes a token of its own, so that a task that was taken for dead and wakes up finds its
 * successor's.
 *
 * <p>The transactional ids of Flink's sinks cannot do this: they contain the number of a
 * checkpoint, and two jobs may use different numbers.
 */
public final class RunFence implements AutoCloseable {
    private final String token = UUID.randomUUID().toString();
    private final KilnConfig config;
    private final RunTopics topics;
    private final RunClaim claim;
    private final Position begin;
    private boolean published;

    /**
     * How far a run is.
     *
     * @param version of its last event; 0 before the first
     * @param trained offset of the last batch of each partition that it was trained on; −1 before
     *     the first
     */
    public record Position(long version, Map<TopicPartition, Long> trained) {
        /** Of a run with one trainer. */
        public static Position of(KilnConfig config, RunProgress progress) {
            String topic = config.topics().sparseBatches();
            return new Position(
                    progress.version(),
                    TrainerPartitions.each(
                            config, partition -> progress.seen().last(topic, partition)));
        }

        /** Of a run that has not begun. */
        public static Position begin(KilnConfig config) {
            return new Position(0, TrainerPartitions.each(config, partition -> -1));
        }
    }

    private RunFence(KilnConfig config, String submission, Position begin) {
        this.config = config;
        this.begin = begin;
        this.topics = new RunTopics(config);
        this.claim = claim(config, submission);
    }

    private static String who(KilnConfig config) {
        return "trainer of run " + config.training().runId() + " of model " + config.model().name();
    }

    /**
     * The claim on a run, for a subtask that does not take it itself but changes nothing without.
     *
     * @param submission as in {@link #take}
     */
    public static RunClaim claim(KilnConfig config, String submission) {
        return new RunClaim(
                config,
                RunIds.claim(config),
                config.topics().checkpoints(),
                who(config),
                submission);
    }

    /**
     * Obtains the right, and takes it from the trainer that had it. Comes before Flink initialises
     * the sinks: those abort all transactions of the run, also of a trainer that is alive, whose
     * steps would be lost.
     *
     * @param submission identity of the submitted job, shared by its restarts
     * @param checkpoint id of the restored checkpoint; 0 at a start without state
     * @param begin what the restored state knows of the run
     * @throws NonRecoverableJobException if the run is further than that, or if a job that was
     *     submitted later has the right
     */
    public static RunFence take(
            KilnConfig config, String submission, long checkpoint, Position begin) {
        RunFence fence = new RunFence(config, submission, begin);
        try {
            fence.claim.take(fence::requireNothingLater, () -> fence.decide(checkpoint));
            return fence;
        } catch (RuntimeException e) {
            fence.close();
            throw e;
        }
    }

    private String decide(long checkpoint) {
        requireNothingLater(); // before anything is aborted
        topics.abortAfter(checkpoint);
        requireNothingLater(); // what was under way until now
        return token;
    }

    private void requireNothingLater() {
        topics.requireNothingLater(begin.version(), begin.trained());
    }

    /**
     * Requires that this trainer still has the right. Called before it publishes anything.
     *
     * @throws NonRecoverableJobException if another trainer has taken the right
     * @throws IllegalStateException if another attempt of the same job has
     */
    public void require() {
        if (!published) {
            requireNothingLater(); // what the trainer before had under way may have become visible
        }
        if (!claim.renew(token).token().equals(token)) {
            throw new IllegalStateException(
                    "another attempt of this job continues run "
                            + config.training().runId()
                            + ", so this one stops");
        }
    }

    /** A checkpoint is complete: what this trainer published before it is visible now. */
    public void published() {
        published = true;
    }

    @Override
    public void close() {
        topics.close();
        claim.close();
    }
}
