package io.kiln.verification.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/** How fast the engine multiplies two large square matrices in fp32: what a machine can do. */
final class GemmRate {
    private static final int SIDE = 2048;
    private static final double GFLOP = 2.0 * SIDE * SIDE * SIDE / 1e9;
    private static final double SECONDS = 1;

    private final List<PhaseClock.Time> products = new ArrayList<>();

    /** Multiplies for a second. */
    void measure(NDManager manager, Runnable barrier) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray a = scratch.randomUniform(-1, 1, new Shape(SIDE, SIDE), DataType.FLOAT32);
            NDArray b = scratch.randomUniform(-1, 1, new Shape(SIDE, SIDE), DataType.FLOAT32);
            a.matMul(b).close(); // the first packs and warms up
            barrier.run();
            double elapsed = 0;
            while (elapsed < SECONDS) {
                PhaseClock.Time time = product(a, b, barrier);
                products.add(time);
                elapsed += time.seconds();
            }
        }
    }

    private static PhaseClock.Time product(NDArray a, NDArray b, Runnable barrier) {
        long start = System.nanoTime();
        long cpuStart = ProcessUsage.cpuNanos();
        a.matMul(b).close();
        barrier.run();
        return new PhaseClock.Time(
                (System.nanoTime() - start) / 1e9, (ProcessUsage.cpuNanos() - cpuStart) / 1e9);
    }

    /** GFLOP a second of the median product. */
    double perSecond() {
        return GFLOP / Median.median(products.stream().map(PhaseClock.Time::seconds).toList());
    }

    /** GFLOP a CPU second. */
    double perCpuSecond() {
        return GFLOP / Median.mean(products.stream().map(PhaseClock.Time::cpuSeconds).toList());
    }
}
