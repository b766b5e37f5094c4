package io.kiln.model.torch;

/**
 * How the operators compute. All ways are exact, up to the rounding of sums.
 *
 * @param fast whether convolutions on maps use Winograd's, fused or sparse algorithms where those
 *     are cheaper; if not, they are the engine's own operators
 * @param gemm what multiplies matrices on a processor
 */
public record Kernels(boolean fast, Gemm gemm) {
    /** Fast convolutions, the engine's default for products. */
    public static final Kernels FAST = new Kernels(true, Gemm.MKL);

    /** The engine's own operators. */
    public static final Kernels LIBRARY = new Kernels(false, Gemm.MKL);

    /**
     * Kernels by their names in the configuration.
     *
     * @param convolutions FAST or LIBRARY
     * @param gemm see {@link Gemm#named}
     * @throws IllegalArgumentException for other names
     */
    public static Kernels named(String convolutions, String gemm) {
        Kernels kernels =
                switch (convolutions) {
                    case "FAST" -> FAST;
                    case "LIBRARY" -> LIBRARY;
                    default -> throw new IllegalArgumentException("no kernels " + convolutions);
                };
        return kernels.with(Gemm.named(gemm));
    }

    /** The same convolutions with other products. */
    public Kernels with(Gemm other) {
        return new Kernels(fast, other);
    }
}
