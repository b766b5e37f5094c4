package io.kiln.model.torch;

import ai.djl.pytorch.jni.JniUtils;

/**
 * Sets the state that libtorch keeps for each thread, so that a network computes the same bits on
 * every thread: the one that loaded the engine, and the one on which a restarted task runs.
 *
 * <ul>
 *   <li><b>TorchScript's graph optimiser</b> is on in a new thread. It rewrites operators, which
 *       may change rounding: for example, it splits addmm, which adds the bias within the product,
 *       into a product and a sum. Whether bits change depends on the processor and on the sizes.
 *       Kiln switches it off. It would also compile for minutes and gain nothing.
 *   <li><b>The number of threads</b> determines how sums are split. A thread takes the number from
 *       the process at its first computation, and keeps it when another thread changes it later.
 * </ul>
 *
 * <p>No other state of a thread matters. DJL calls operators in inference mode, which does not
 * depend on the caller's gradient mode. Neither the engine nor the Java virtual machine flushes
 * denormal numbers to zero (EngineThreadTest). The fusers and the graph profiler are parts of the
 * optimiser, and are off with it.
 *
 * <p>Both settings stay on the caller's thread. A program that runs other TorchScript modules
 * there, and wants them optimised, must switch the optimiser on again.
 */
public final class EngineThread {
    private static volatile int wanted;

    /**
     * The engine's own number of threads, before any change. It is kept in a system property,
     * because the jobs of a task manager share the engine but not their classes.
     */
    private static final class EnginesOwn {
        static final int THREADS =
                Integer.parseInt(
                        System.getProperties()
                                .computeIfAbsent(
                                        "kiln.engine.threads",
                                        key -> Integer.toString(JniUtils.getNumThreads()))
                                .toString());

        private EnginesOwn() {}
    }

    private EngineThread() {}

    /**
     * Sets the number of threads of an operator, from the next operator on, whichever thread calls
     * it.
     *
     * @param threads 0 is the engine's own number: OMP_NUM_THREADS, or one for each core
     * @return the previous value
     */
    public static synchronized int spreadOver(int threads) {
        if (threads < 0) {
            throw new IllegalArgumentException(
                    "threads is " + threads + "; expected 0, for the engine's own number, or more");
        }
        int before = wanted;
        wanted = threads;
        return before;
    }

    /**
     * Sets what this thread keeps. {@link OperatorLibrary} calls it before every operator; only who
     * computes with DJL alone has to. The engine must have been loaded.
     */
    public static void prepare() {
        JniUtils.setGraphExecutorOptimize(false);
        int own = EnginesOwn.THREADS;
        int threads = wanted > 0 ? wanted : own;
        if (JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
    }
}
