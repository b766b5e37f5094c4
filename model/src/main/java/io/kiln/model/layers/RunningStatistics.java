package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import io.kiln.model.torch.Operators;

/**
 * Running mean and variance of a batch norm. A step works on a copy, which is adopted when the step
 * is accepted, so that a skipped step and a drawn reconstruction leave the statistics as they were.
 */
public final class RunningStatistics {
    /** What follows a norm's name in the name of its running mean. */
    public static final String MEAN = ".running_mean";

    /** What follows a norm's name in the name of its running variance. */
    public static final String VARIANCE = ".running_var";

    private final String name;
    private final NDArray mean;
    private final NDArray variance;
    private long batches;

    RunningStatistics(String name, NDArray mean, NDArray variance) {
        this.name = name;
        this.mean = mean;
        this.variance = variance;
    }

    /** Name of the norm, in the official style. */
    public String name() {
        return name;
    }

    /** Running mean, [channels]. */
    public NDArray mean() {
        return mean;
    }

    /** Running unbiased variance, [channels]. */
    public NDArray variance() {
        return variance;
    }

    /** Batches that the statistics have seen. */
    public long batches() {
        return batches;
    }

    /** Sets the number of batches seen, when statistics are loaded. */
    public void batches(long seen) {
        this.batches = seen;
    }

    /** Copies for a step to update in place. */
    Update begin(Operators operators) {
        return new Update(this, operators.one("clone", mean), operators.one("clone", variance));
    }

    /**
     * Statistics after a step.
     *
     * @param of what they are to replace
     * @param mean running mean, [channels]
     * @param variance running variance, [channels]
     */
    record Update(RunningStatistics of, NDArray mean, NDArray variance) {
        void adopt(Operators operators) {
            operators.apply("copy_into", of.mean, mean);
            operators.apply("copy_into", of.variance, variance);
            of.batches++;
        }
    }
}
