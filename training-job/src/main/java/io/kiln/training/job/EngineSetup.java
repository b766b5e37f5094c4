package io.kiln.training.job;

import ai.djl.engine.Engine;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.torch.EngineMissingException;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Libtorch;
import org.apache.flink.util.FlinkUserCodeClassLoader;

/** Prepares the engine for a task. */
final class EngineSetup {
    private EngineSetup() {}

    /**
     * Sets the number of threads, and checks that DJL survives a restart of the job. A native
     * library can be loaded by one class loader only, and Flink gives each start of a job a new
     * class loader for the classes of its jar.
     *
     * @param threads that libtorch computes with; 0 for as many as it chooses
     * @throws NonRecoverableJobException if libtorch cannot be loaded, or if every restart of the
     *     job would load DJL again
     */
    static void prepare(int threads) {
        requireParentFirst();
        try {
            Libtorch.load();
        } catch (EngineMissingException e) {
            throw new NonRecoverableJobException(String.valueOf(e.getMessage()));
        }
        EngineThread.spreadOver(threads);
    }

    private static void requireParentFirst() {
        if (Engine.class.getClassLoader() instanceof FlinkUserCodeClassLoader) {
            throw new NonRecoverableJobException(
                    "DJL was loaded from the job's jar, so the first restart of the job would fail. Put the jars of DJL"
                            + " and libtorch into Flink's lib folder, or set classloader.parent-first-patterns.additional: ai.djl.");
        }
    }
}
