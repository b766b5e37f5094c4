package io.kiln.training.job;

import ai.djl.engine.Engine;
import org.apache.flink.util.FlinkUserCodeClassLoader;

/**
 * Checks that DJL survives a restart of the job. A native library can be loaded by one class loader
 * only, and Flink gives each start of a job a new class loader for the classes of its jar.
 */
final class EngineCheck {
    private EngineCheck() {}

    /**
     * @throws IllegalStateException if every restart of the job would load DJL again
     */
    static void requireParentFirst() {
        if (Engine.class.getClassLoader() instanceof FlinkUserCodeClassLoader) {
            throw new IllegalStateException(
                    "DJL was loaded from the job's jar, so the first restart of the job would fail. Put the jars of DJL"
                            + " and libtorch into Flink's lib folder, or set classloader.parent-first-patterns.additional: ai.djl.");
        }
    }
}
