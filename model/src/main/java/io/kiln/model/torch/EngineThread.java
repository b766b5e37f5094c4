package io.kiln.model.torch;

import ai.djl.pytorch.jni.JniUtils;

/**
 * What libtorch keeps for each thread, set where work begins, so that a network computes the same
 * bits on every thread: the one that loaded the engine, and the one that a restarted task runs on.
 *
 * <ul>
 *   <li><b>The graph optimiser</b> of TorchScript is on for a new thread. It rewrites operators,
 *       and what it writes may round otherwise: it makes addmm, which adds the bias within the
 *       product, into a product and a sum. Whether that changes bits depends on the processor and
 *       on the sizes. It is off here: it also compiles for minutes, and gains nothing.
 *   <li><b>The number of threads</b> is what sums are split by. A thread takes it over from the
 *       process when it first computes, and keeps it when another thread changes it later.
 * </ul>
 *
 * <p>What else is kept for each thread needs nothing: DJL calls operators in inference mode, which
 * the caller's gradient mode does not change, and neither the engine nor the Java virtual machine
 * rounds denormal numbers to zero (EngineThreadTest). The fusers and the profiling of graphs belong
 * to the optimiser, and are off with it.
 *
 * <p>Both settings stay on the caller's thread. A program that runs other TorchScript modules
 * there, and wants them optimised, switches the optimiser on again.
 */
public final class EngineThread {
    private static volatile int wanted;

    /**
     * The number of threads before anybody changed it. In a system property, as jobs of a task
     * manager share the engine but not their classes.
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
     * Says how many threads one operator is spread over, from the next operator on, on whichever
     * thread it is called.
     *
     * @param threads 0 means the engine's own number, which is one a core or OMP_NUM_THREADS
     * @return what was said before
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
