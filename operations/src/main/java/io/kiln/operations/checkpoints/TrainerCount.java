package io.kiln.operations.checkpoints;

import static io.kiln.config.TopicsConfig.MOST_TRAINERS;

import io.kiln.config.TopicsConfig;
import io.kiln.schemas.TrainingStep;
import java.util.Arrays;

/**
 * Learns from the steps of a run how many trainers took them: the number with which the fewest
 * steps are out of order. The configuration tells it of one run only, and runs of other numbers may
 * have used the same topics.
 */
public final class TrainerCount {
    private static final long NONE = -1;

    private final long[][] lastSteps = new long[MOST_TRAINERS + 1][];
    private final long[] outOfOrder = new long[MOST_TRAINERS + 1];

    public TrainerCount() {
        for (int trainers = 1; trainers <= MOST_TRAINERS; trainers++) {
            lastSteps[trainers] = new long[trainers];
            Arrays.fill(lastSteps[trainers], NONE);
        }
    }

    /** Takes the next step of the run, in the order of the topic. */
    public void add(TrainingStep step) {
        add(step.getBatchPartition(), step.getStep(), step.getSkipped());
    }

    /**
     * The same.
     *
     * @param partition of sparse-batches that its batch was read from
     * @param step number of it, unchanged by a skipped batch
     */
    public void add(int partition, long step, boolean skipped) {
        for (int trainers = 1; trainers <= MOST_TRAINERS; trainers++) {
            long[] last = lastSteps[trainers];
            int trainer = TopicsConfig.trainerOf(partition, trainers);
            long expected = skipped ? last[trainer] : last[trainer] + 1;
            if (last[trainer] != NONE && step != expected) {
                outOfOrder[trainers]++;
            }
            last[trainer] = step;
        }
    }

    /** The number of trainers; 1 before the first step. */
    public int trainers() {
        int best = 1;
        for (int trainers = 2; trainers <= MOST_TRAINERS; trainers++) {
            if (outOfOrder[trainers] < outOfOrder[best]) {
                best = trainers;
            }
        }
        return best;
    }
}
