package io.kiln.training.job;

import ai.djl.engine.Engine;
import io.kiln.kafka.EngineClasses;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.torch.EngineMissingException;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Libtorch;

/** Prepares the engine for a task. */
final class EngineSetup {
    private EngineSetup() {}

    /**
     * Sets the number of threads, and checks that DJL survives a restart of the job.
     *
     * @param threads that libtorch computes with; 0 for as many as it chooses
     * @throws NonRecoverableJobException if libtorch cannot be loaded, or if every restart of the
     *     job would load DJL again
     */
    static void prepare(int threads) {
        EngineClasses.requireShared(Engine.class);
        try {
            Libtorch.load();
        } catch (EngineMissingException e) {
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
        EngineThread.spreadOver(threads);
    }
}
