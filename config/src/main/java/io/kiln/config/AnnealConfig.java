package io.kiln.config;

import java.io.Serializable;
import java.util.Locale;

/** Published weights of a branch of training whose learning rate falls. */
public record AnnealConfig(
        @Key(
                        about =
                                "number of steps of an annealing branch: a branch of training whose learning rate falls to 0.001 of the peak, and whose encoder is published; one ends at each multiple of checkpoints.everySteps; training itself is unaffected; 0 for none",
                        fallback = "0",
                        min = 0,
                        max = 1000000)
                int steps)
        implements Serializable {
    /** Whether there are branches. */
    public boolean anneals() {
        return steps > 0;
    }

    /**
     * Requires that branches can be, and that what they publish is not what is published anyway.
     *
     * @throws IllegalArgumentException if not
     */
    void requireSense(TopicsConfig topics, TrainingConfig training, CheckpointsConfig checkpoints) {
        if (!anneals()) {
            return;
        }
        long every = checkpoints.everySteps();
        if (topics.trainers() > 1) {
            throw notAllowed(
                    "with topics.trainers = "
                            + topics.trainers()
                            + "; a trainer would anneal the weights of its local steps, expected 0");
        }
        if (training.average() != TrainingConfig.Average.NONE) {
            throw notAllowed(
                    "with training.average = "
                            + training.average().name().toLowerCase(Locale.ROOT)
                            + "; a version has one encoder, expected 0 or training.average = none");
        }
        if (steps > every) {
            throw notAllowed(
                    "; a branch would begin before the previous one ends, expected at most"
                            + " checkpoints.everySteps = "
                            + every);
        }
        ScheduleConfig schedule = training.schedule();
        boolean ends =
                schedule.totalSteps() > 0 && schedule.kind() != ScheduleConfig.Kind.REPEATED_COSINE;
        if (ends && every - steps >= schedule.totalSteps()) {
            throw notAllowed(
                    "; the first branch would begin at step "
                            + (every - steps)
                            + " (checkpoints.everySteps - training.anneal.steps), when the rate has"
                            + " already fallen to its end, expected 0 or a branch that begins before"
                            + " training.schedule.totalSteps = "
                            + schedule.totalSteps());
        }
    }

    private IllegalArgumentException notAllowed(String why) {
        String joined = why.startsWith(";") ? why : " " + why;
        return new IllegalArgumentException(
                "training.anneal.steps: " + steps + " is not allowed" + joined);
    }
}
