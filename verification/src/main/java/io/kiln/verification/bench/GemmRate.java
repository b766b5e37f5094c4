package io.kiln.verification.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Gemm;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import java.util.ArrayList;
import java.util.List;

/** How fast the engine multiplies two large square matrices: what a machine can do. */
final class GemmRate {
    private static final int SIDE = 2048;
    private static final double GFLOP = 2.0 * SIDE * SIDE * SIDE / 1e9;
    private static final double SECONDS = 1;

    private final Precision precision;
    private final Gemm gemm;
    private final List<PhaseClock.Time> products = new ArrayList<>();

    /**
     * @param precision whose matrix work is measured
     * @param gemm what multiplies
     */
    GemmRate(Precision precision, Gemm gemm) {
        this.precision = precision;
        this.gemm = gemm;
    }

    /** Multiplies for a second. */
    void measure(NDManager manager, Runnable barrier) {
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators =
                    new Operators(scratch, precision.mixed(), Kernels.FAST.with(gemm));
            NDArray a = matrix(scratch);
            NDArray b = operators.one("linear", a, a); // in the format of products; warms up
            barrier.run();
            double elapsed = 0;
            while (elapsed < SECONDS) {
                PhaseClock.Time time = product(b, operators, barrier);
                products.add(time);
                elapsed += time.seconds();
            }
        }
    }

    private NDArray matrix(NDManager scratch) {
        return scratch.randomUniform(-1, 1, new Shape(SIDE, SIDE), DataType.FLOAT32)
                .toType(precision.dataType(), false);
    }

    private static PhaseClock.Time product(NDArray b, Operators operators, Runnable barrier) {
        long start = System.nanoTime();
        long cpuStart = ProcessUsage.cpuNanos();
        operators.one("linear", b, b).close();
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
