package io.kiln.training.job;

import ai.djl.engine.Engine;
import org.apache.flink.util.FlinkUserCodeClassLoader;

/**
 * A native library loads into one class loader only, while a restarted job gets a new one for its
 * own classes.
 */
final class EngineCheck {
    private EngineCheck() {}

    /**
     * @throws IllegalStateException if DJL would be loaded anew with every restart of the job,
     *     which libtorch does not survive
     */
    static void requireParentFirst() {
        if (Engine.class.getClassLoader() instanceof FlinkUserCodeClassLoader) {
            throw new IllegalStateException(
                    "DJL was loaded from the job's jar, and the first restart of the job would fail. Put DJL's and"
                            + " libtorch's jars into Flink's lib folder, or set classloader.parent-first-patterns.additional: ai.djl.");
        }
    }
}
