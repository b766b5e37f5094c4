package io.kiln.model.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against the formula in plain loops, on images that differ in their number of active patches; one
 * has none. A channel is zero throughout, where the root has no slope of its own.
 */
class GlobalResponseNormTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);
    private static final int CHANNELS = 5;
    private static final int ZERO_CHANNEL = 3;
    private static final int IMAGES = 3;
    private static final double STEP = 1e-5;

    /** Two patches of image 0, four of image 2. */
    private static final PatchGrid GRID =
            PatchGrid.of(
                    GEOMETRY,
                    IMAGES,
                    new int[] {0, 0, 1, 0, 1, 2, 2, 0, 0, 2, 0, 2, 2, 1, 0, 2, 1, 1});

    private final Random random = new Random(23);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void outputIsTheFormulasForEachImage(int side) {
        double[] x = rows(side);
        double[] gamma = gaussians(CHANNELS);
        double[] beta = gaussians(CHANNELS);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, DataType.FLOAT64, 1);
            NDArray y = forward(manager, weights, side, x, gamma, beta, new Tape());
            assertThat(y.toDoubleArray())
                    .containsExactly(expected(side, x, gamma, beta), within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void gradientsAreTheSlopesOfTheFormula(int side) {
        double[] x = rows(side);
        double[] gamma = gaussians(CHANNELS);
        double[] beta = gaussians(CHANNELS);
        double[] dy = gaussians(x.length);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Tape tape = new Tape();
            Weights weights = new Weights(manager, DataType.FLOAT64, 1);
            forward(manager, weights, side, x, gamma, beta, tape);
            Shape shape = new Shape(x.length / CHANNELS, CHANNELS);
            double[] dx = tape.unwind(manager.create(dy.clone(), shape)).toDoubleArray();
            for (int i = 0; i < x.length; i += 7) {
                double[] above = moved(x, i, STEP);
                double[] below = moved(x, i, -STEP);
                double slope =
                        i % CHANNELS == ZERO_CHANNEL
                                ? dy[i] // the response is 0, and so is its slope in the library
                                : (dot(dy, expected(side, above, gamma, beta))
                                                - dot(dy, expected(side, below, gamma, beta)))
                                        / (2 * STEP);
                assertThat(dx[i]).as("row %d", i / CHANNELS).isCloseTo(slope, within(1e-6));
            }
            requireSlope(weights, "grn.gamma", side, x, gamma, beta, dy);
            requireSlope(weights, "grn.beta", side, x, gamma, beta, dy);
        }
    }

    private static void requireSlope(
            Weights weights,
            String name,
            int side,
            double[] x,
            double[] gamma,
            double[] beta,
            double[] dy) {
        boolean ofGamma = name.endsWith("gamma");
        double[] gradient = NetworkTensors.doubles(parameter(weights, name).gradient());
        for (int c = 0; c < CHANNELS; c++) {
            double[] up =
                    ofGamma
                            ? expected(side, x, moved(gamma, c, 1), beta)
                            : expected(side, x, gamma, moved(beta, c, 1));
            double slope = dot(dy, up) - dot(dy, expected(side, x, gamma, beta)); // it is linear
            assertThat(gradient[c]).as("%s of channel %d", name, c).isCloseTo(slope, within(1e-9));
        }
    }

    private static double[] expected(int side, double[] x, double[] gamma, double[] beta) {
        int sites = side * side;
        double[][] norms = new double[IMAGES][CHANNELS];
        for (int i = 0; i < x.length; i++) {
            norms[GRID.imageOf(i / CHANNELS / sites)][i % CHANNELS] += x[i] * x[i];
        }
        double[] means = new double[IMAGES];
        for (int image = 0; image < IMAGES; image++) {
            for (int c = 0; c < CHANNELS; c++) {
                norms[image][c] = Math.sqrt(norms[image][c]);
                means[image] += norms[image][c] / CHANNELS;
            }
        }
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int image = GRID.imageOf(i / CHANNELS / sites);
            int c = i % CHANNELS;
            y[i] = x[i] + gamma[c] * x[i] * norms[image][c] / (means[image] + 1e-6) + beta[c];
        }
        return y;
    }

    /** What the norm's layer makes of rows; the gradients are then in the weights. */
    private static NDArray forward(
            NDManager manager,
            Weights weights,
            int side,
            double[] x,
            double[] gamma,
            double[] beta,
            Tape tape) {
        GlobalResponseNorm norm = new GlobalResponseNorm(weights.scope("grn"), CHANNELS);
        NetworkTensors.set(parameter(weights, "grn.gamma").value(), gamma);
        NetworkTensors.set(parameter(weights, "grn.beta").value(), beta);
        Operators operators = new Operators(manager);
        NDArray rows = manager.create(x, new Shape(x.length / CHANNELS, CHANNELS));
        Pass pass = new Pass(operators, GRID, DropPath.OFF);
        return norm.forward(rows, n -> operators.one("clone", n), pass, tape);
    }

    private static Parameter parameter(Weights weights, String name) {
        return weights.parameters().stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static double[] moved(double[] values, int at, double by) {
        double[] moved = values.clone();
        moved[at] += by;
        return moved;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private double[] rows(int side) {
        double[] rows = gaussians(GRID.active() * side * side * CHANNELS);
        for (int i = ZERO_CHANNEL; i < rows.length; i += CHANNELS) {
            rows[i] = 0;
        }
        return rows;
    }

    private double[] gaussians(int count) {
        return random.doubles(count, -2, 2).toArray();
    }
}
