package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.training.state.RunProgress;
import java.io.Serializable;

/** One trainer's right to go on with a run. */
public interface RunFence extends AutoCloseable {
    /** How the right is obtained. */
    @FunctionalInterface
    interface Source extends Serializable {
        /**
         * Obtains the right, and takes it from whoever had it.
         *
         * @param progress where the run stands as this trainer knows it
         * @throws NonRecoverableJobException if the run has gone further than that, or cannot go on
         *     from there
         */
        RunFence take(KilnConfig config, RunProgress progress);
    }

    /**
     * Requires that the right has not been taken away; called before anything is published.
     *
     * @param progress where the run stands now
     * @throws NonRecoverableJobException if another trainer has taken it
     */
    void require(RunProgress progress);

    /** What this trainer had published until a checkpoint is visible now. */
    void published();

    @Override
    void close();
}
