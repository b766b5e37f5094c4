package io.kiln.training.job;

import ai.djl.engine.Engine;
import io.kiln.model.torch.EngineThread;
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
     * @throws IllegalStateException if every restart of the job would load DJL again
     */
    static void prepare(int threads) {
        requireParentFirst();
        EngineThread.spreadOver(threads);
    }

    private static void requireParentFirst() {
        if (Engine.class.getClassLoader() instanceof FlinkUserCodeClassLoader) {
            throw new IllegalStateException(
                    "DJL was loaded from the job's jar, so the first restart of the job would fail. Put the jars of DJL"
                            + " and libtorch into Flink's lib folder, or set classloader.parent-first-patterns.additional: ai.djl.");
        }
    }
}
