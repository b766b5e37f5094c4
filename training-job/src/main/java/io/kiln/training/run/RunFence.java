package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.training.state.RunProgress;
import java.io.Serializable;

/**
 * One trainer's exclusive right to a run. Fencing: a trainer that starts later takes the right, and
 * the earlier one fails before it publishes anything more.
 */
public interface RunFence extends AutoCloseable {
    /** Obtains the right. */
    @FunctionalInterface
    interface Source extends Serializable {
        /**
         * Obtains the right, and takes it from the trainer that had it.
         *
         * @param progress of the run, as this trainer knows it
         * @throws NonRecoverableJobException if the run is further than that, or cannot go on from
         *     there
         */
        RunFence take(KilnConfig config, RunProgress progress);
    }

    /**
     * Requires that this trainer still has the right. Called before it publishes anything.
     *
     * @param progress of the run now
     * @throws NonRecoverableJobException if another trainer has taken the right
     */
    void require(RunProgress progress);

    /** A checkpoint is complete: what this trainer published before it is visible now. */
    void published();

    @Override
    void close();
}
