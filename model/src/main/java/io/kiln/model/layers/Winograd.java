package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Operators;
import java.util.List;

/**
 * The transforms of Winograd's 3×3 convolution (Lavin and Gray, CVPR 2016), as the operators take
 * them, and the rule which says where it pays. A tile of m × m outputs takes (m + 2)² products
 * instead of 9 m²: for m = 4 a quarter.
 *
 * <p>The points are 0, ±11/16, ±3/2 and infinity for m = 4, which in float32 halves the rounding of
 * the usual 0, ±1, ±2 (a search over a few fractions; mean error 0.8e-6 instead of 1.8e-6, largest
 * 1.6e-6 instead of 9.7e-6, of a direct convolution 0.2e-6).
 */
final class Winograd {
    /** Values of a strip's transform: 4 MB in float32. */
    static final int STRIP = 1_000_000;

    private static final int TAPS = 3;
    private static final int UP_TAPS = 4;
    private static final ToomCook FOUR = new ToomCook(0, 11 / 16.0, -11 / 16.0, 1.5, -1.5);
    private static final ToomCook TWO = new ToomCook(0, 1, -1);

    private final List<NDArray> tilesOfFour;
    private final List<NDArray> tilesOfTwo;

    /** Transforms that belong to a manager. */
    Winograd(NDManager manager, DataType type) {
        Transforms four = Transforms.of(FOUR);
        tilesOfFour =
                List.of(
                        array(manager, ToomCook.squared(four.input), type),
                        array(manager, ToomCook.squared(four.output), type),
                        array(manager, ToomCook.squared(four.kernel), type),
                        array(manager, ToomCook.squared(FOUR.evaluate(UP_TAPS)), DataType.FLOAT64),
                        array(
                                manager,
                                ToomCook.squared(mirrored(FOUR.evaluate(TAPS))),
                                DataType.FLOAT64),
                        array(manager, phases(four), DataType.FLOAT64));
        Transforms two = Transforms.of(TWO);
        tilesOfTwo =
                List.of(
                        array(manager, ToomCook.squared(two.input), type),
                        array(manager, ToomCook.squared(two.output), type),
                        array(manager, ToomCook.squared(two.kernel), type));
    }

    /**
     * Of one dimension, n = m + 2.
     *
     * @param input [n, n]
     * @param output [m, n]
     * @param kernel [n, 3]
     */
    private record Transforms(double[][] input, double[][] output, double[][] kernel) {
        /** Rows of the first are brought to about 1, by powers of two, against rounding. */
        static Transforms of(ToomCook points) {
            double[][] kernel = points.evaluate(TAPS);
            double[][] input = ToomCook.transposed(points.interpolate());
            for (int i = 0; i < input.length - 1; i++) {
                double largest = 0;
                for (double value : input[i]) {
                    largest = Math.max(largest, Math.abs(value));
                }
                double scale = Math.scalb(1.0, Math.getExponent(largest));
                for (int j = 0; j < input.length; j++) {
                    input[i][j] /= scale;
                }
                for (int tap = 0; tap < TAPS; tap++) {
                    kernel[i][tap] *= scale;
                }
            }
            double[][] output = ToomCook.transposed(points.evaluate(input.length - TAPS + 1));
            return new Transforms(input, output, kernel);
        }
    }

    /**
     * [4 · 36, 36]: transformed kernels of the four phases of the output, from the values at the
     * points of the product of a 4×4 transposed convolution's kernel and a mirrored 3×3 kernel. The
     * product has 6 taps a dimension, of which phase r has taps r + 4, r + 2 and r.
     */
    private static double[][] phases(Transforms transforms) {
        double[][] taps = FOUR.interpolate();
        double[][] all = new double[4 * 36][];
        for (int phase = 0; phase < 4; phase++) {
            double[][] both =
                    ToomCook.kronecker(
                            ofPhase(transforms, taps, phase / 2),
                            ofPhase(transforms, taps, phase % 2));
            System.arraycopy(both, 0, all, phase * 36, 36);
        }
        return all;
    }

    private static double[][] ofPhase(Transforms transforms, double[][] taps, int phase) {
        return ToomCook.product(
                transforms.kernel, new double[][] {taps[phase + 4], taps[phase + 2], taps[phase]});
    }

    private static double[][] mirrored(double[][] a) {
        double[][] mirrored = new double[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[i].length; j++) {
                mirrored[i][j] = a[i][a[i].length - 1 - j];
            }
        }
        return mirrored;
    }

    private static NDArray array(NDManager manager, double[][] matrix, DataType type) {
        Shape shape = new Shape(matrix.length, matrix[0].length);
        double[] values = new double[Math.toIntExact(shape.size())];
        for (int i = 0; i < matrix.length; i++) {
            System.arraycopy(matrix[i], 0, values, i * matrix[i].length, matrix[i].length);
        }
        try (NDArray shared = manager.create(values, shape);
                NDArray converted = shared.toType(type, true)) {
            return new Operators(manager)
                    .one("clone", converted); // both may lean on the Java buffer
        }
    }

    /** Transforms for output tiles of this side, 2 or 4. */
    List<NDArray> tiles(int side) {
        return side == 2 ? tilesOfTwo : tilesOfFour;
    }

    /**
     * Whether a 3×3 convolution on maps is cheaper this way. Measured: with fewer than 48 channels
     * the transforms outweigh what they save, with fewer than a tile for 12 channels the kernel's
     * transform does.
     *
     * @param images of the batch
     * @param height of a map
     * @param width of a map
     */
    static boolean pays(int in, int out, int images, long height, long width) {
        long tiles = images * ((height + 3) / 4) * ((width + 3) / 4);
        return Math.min(in, out) >= 48 && 12 * tiles >= Math.max(in, out);
    }

    /**
     * Whether a 3×3 convolution of stride 1 on rows is cheaper this way. Measured: with fewer than
     * 48 channels the transforms outweigh what they save, with fewer than a tile for 4 channels the
     * kernel's transform does.
     *
     * @param side sites along a patch's side
     * @param active patches of the batch
     */
    static boolean paysOnRows(long channels, int side, int active) {
        int across = Math.max(1, side / 4);
        return channels >= 48 && 4L * active * across * across >= channels;
    }

    /**
     * Whether a 4×4 transposed convolution of stride 2 and the 3×3 convolution after it are cheaper
     * as one. Making the kernel of both costs the cube of the channels, whatever the batch.
     *
     * @param images of the batch
     * @param height of a map before it is doubled
     * @param width of a map before it is doubled
     */
    static boolean fusingPays(int channels, int images, long height, long width) {
        return channels >= 8 && images * height * width >= 9L * channels;
    }
}
