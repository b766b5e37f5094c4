package io.kiln.model.torch;

import java.io.IOException;
import java.util.List;

/**
 * The library that multiplies matrices of float32 values. libtorch leaves them to Intel's MKL,
 * which takes its AVX2 path on processors of other makers. oneDNN, in the same libtorch, takes
 * AVX-512 wherever it is.
 *
 * <p>The rule goes by the processor and by the shape, never by a timing: the same machine computes
 * the same bits after a restart. {@code kiln bench gemm} repeats the measurement that it rests on.
 */
public enum Gemm {
    /** MKL for each product. */
    MKL,
    /**
     * oneDNN for products of at least 2²² multiplications, and for gradients of weights if they
     * have at least 2¹⁶ values too; MKL for smaller ones, which oneDNN takes longer to begin.
     */
    ONEDNN;

    private static final long MULTIPLICATIONS = 1 << 22;
    private static final long GRADIENT_VALUES = 1 << 16;

    /**
     * A library by its name in the configuration.
     *
     * @param name MKL, ONEDNN or AUTO, which is {@link #ofThisProcessor()}
     * @throws IllegalArgumentException for another name
     */
    public static Gemm named(String name) {
        return name.equals("AUTO") ? ofThisProcessor() : valueOf(name);
    }

    /** What the rule takes on this processor; {@link #MKL} if it cannot be read. */
    public static Gemm ofThisProcessor() {
        return OfThisProcessor.GEMM;
    }

    /** Read once. */
    private static final class OfThisProcessor {
        static final Gemm GEMM = read();

        private OfThisProcessor() {}

        private static Gemm read() {
            try {
                return of(Processor.read().lines());
            } catch (IOException e) {
                return MKL;
            }
        }
    }

    /**
     * What the rule takes: {@link #ONEDNN} on processors with AVX-512 that are not Intel's.
     *
     * @param processor lines as in Linux's /proc/cpuinfo
     */
    public static Gemm of(List<String> processor) {
        Processor told = new Processor(processor);
        boolean intel = told.has("vendor_id", "GenuineIntel");
        return !intel && told.has("flags", "avx512f") ? ONEDNN : MKL;
    }

    /**
     * Whether oneDNN computes a product.
     *
     * @param multiplications rows · columns · inner length
     */
    public boolean isOnednn(long multiplications) {
        return this == ONEDNN && multiplications >= MULTIPLICATIONS;
    }

    /**
     * Whether oneDNN computes a weight's gradient.
     *
     * @param multiplications rows · columns · inner length
     * @param values of the gradient
     */
    public boolean isOnednnForGradient(long multiplications, long values) {
        return isOnednn(multiplications) && values >= GRADIENT_VALUES;
    }

    /** The same as operators. */
    String source() {
        String large = this == ONEDNN ? "multiplications >= " + MULTIPLICATIONS : "False";
        return "def large_for_onednn(self, multiplications: int) -> bool:\n  return "
                + large
                + "\n\ndef large_gradient_for_onednn(self, multiplications: int, values: int) -> bool:\n"
                + "  return self.large_for_onednn(multiplications) and values >= "
                + GRADIENT_VALUES
                + "\n";
    }
}
