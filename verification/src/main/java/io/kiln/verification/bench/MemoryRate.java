package io.kiln.verification.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Operators;
import java.util.ArrayList;
import java.util.List;

/** How fast the engine copies an array that no cache holds. */
final class MemoryRate {
    private static final long VALUES = 1L << 26;
    private static final double GIGABYTES = 2 * 4 * VALUES / 1e9; // read and written, fp32
    private static final int COPIES = 10;

    private MemoryRate() {}

    /** Gigabytes a second that are read and written, of the median copy. */
    static double gigabytesPerSecond(NDManager manager, Runnable barrier) {
        try (NDManager scratch = manager.newSubManager()) {
            NDArray source = scratch.ones(new Shape(VALUES));
            NDArray target = scratch.zeros(new Shape(VALUES));
            Operators operators = new Operators(scratch);
            List<Double> seconds = new ArrayList<>();
            for (int i = 0; i < COPIES; i++) {
                long start = System.nanoTime();
                operators.apply("copy_into", target, source);
                barrier.run();
                seconds.add((System.nanoTime() - start) / 1e9);
            }
            return GIGABYTES / Median.median(seconds);
        }
    }
}
