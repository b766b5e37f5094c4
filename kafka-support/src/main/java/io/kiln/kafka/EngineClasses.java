package io.kiln.kafka;

import org.apache.flink.util.FlinkUserCodeClassLoader;

/**
 * Where the classes of a native engine come from. A native library can be loaded by one class
 * loader only, and Flink gives each start of a job a new class loader for the classes of its jar.
 */
public final class EngineClasses {
    private EngineClasses() {}

    /**
     * Requires that the jobs of a task manager, and the starts of one job, share the engine.
     *
     * @param engine a class of DJL
     * @throws NonRecoverableJobException if every restart of the job would load DJL again
     */
    public static void requireShared(Class<?> engine) {
        if (engine.getClassLoader() instanceof FlinkUserCodeClassLoader) {
            throw new NonRecoverableJobException(
                    "DJL was loaded from the job's jar, so the first restart of the job would fail. Put the jars of DJL"
                            + " and libtorch into Flink's lib folder, or set classloader.parent-first-patterns.additional: ai.djl.");
        }
    }
}
