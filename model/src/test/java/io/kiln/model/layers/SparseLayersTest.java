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
import io.kiln.model.training.TestBatches;
import io.kiln.model.weights.NetworkTensors;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Layers on rows against the official semantics in plain loops: the dense operator, then zero where
 * nothing is active.
 */
class SparseLayersTest {
    private static final int IMAGES = 2;
    private static final int IN = 3;
    private static final int OUT = 4;
    private static final InputGeometry GEOMETRY = new InputGeometry(96, 128, 3, 32);

    private final Random random = new Random(17);
    private final PatchGrid grid =
            PatchGrid.of(GEOMETRY, IMAGES, TestBatches.coordinates(GEOMETRY, IMAGES, 5, random));

    /** A map [images, channels, height, width] with zeros at inactive sites. */
    private record Map(double[] values, int channels, int height, int width) {
        double at(int image, int channel, int y, int x) {
            boolean inside = y >= 0 && y < height && x >= 0 && x < width;
            return inside ? values[((image * channels + channel) * height + y) * width + x] : 0;
        }
    }

    @FunctionalInterface
    private interface Layer {
        NDArray forward(Weights weights, NDArray x, Pass pass);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void threeByThreeConvolutionIsTheMaskedDenseOne(int side) {
        requireConvolution(
                side,
                1,
                3,
                (w, x, pass) ->
                        RowConv.threeByThree(w.scope("c"), IN, OUT, 1)
                                .forward(x, side, pass, new Tape()));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8})
    void stridedConvolutionIsTheMaskedDenseOne(int side) {
        requireConvolution(
                side,
                2,
                3,
                (w, x, pass) ->
                        RowConv.threeByThree(w.scope("c"), IN, OUT, 2)
                                .forward(x, side, pass, new Tape()));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32})
    void stemIsTheMaskedDenseOne(int side) {
        requireConvolution(
                side,
                2,
                7,
                (w, x, pass) ->
                        RowConv.resNetStem(w.scope("c"), IN, OUT)
                                .forward(x, side, pass, new Tape()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void depthwiseConvolutionIsTheMaskedDenseOne(int side) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, DataType.FLOAT64, 1);
            RowConv layer = RowConv.depthwise(weights.scope("d"), IN);
            Map map = randomMap(side);
            NDArray y = layer.forward(rows(manager, map, side), side, pass(manager), new Tape());
            double[] w = NetworkTensors.doubles(weights.parameters().iterator().next().value());
            requireRows(
                    y,
                    side,
                    IN,
                    (image, c, row, column) -> {
                        double sum = 0;
                        for (int k = 0; k < 49; k++) {
                            sum +=
                                    w[c * 49 + k]
                                            * map.at(image, c, row + k / 7 - 3, column + k % 7 - 3);
                        }
                        return sum;
                    });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16})
    void poolingTakesInactiveSitesAsZero(int side) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Map map = randomMap(side);
            for (int i = 0; i < map.values.length; i++) {
                map.values[i] = Math.abs(map.values[i]);
            }
            NDArray y = MaxPool.forward(rows(manager, map, side), side, pass(manager), new Tape());
            requireRows(
                    y,
                    side / 2,
                    IN,
                    (image, c, row, column) -> {
                        double largest = 0;
                        for (int k = 0; k < 9; k++) {
                            largest =
                                    Math.max(
                                            largest,
                                            map.at(
                                                    image,
                                                    c,
                                                    2 * row + k / 3 - 1,
                                                    2 * column + k % 3 - 1));
                        }
                        return largest;
                    });
        }
    }

    private void requireConvolution(int side, int stride, int kernel, Layer layer) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, DataType.FLOAT64, 1);
            Map map = randomMap(side);
            NDArray y = layer.forward(weights, rows(manager, map, side), pass(manager));
            double[] w = NetworkTensors.doubles(weights.parameters().iterator().next().value());
            int taps = kernel * kernel;
            requireRows(
                    y,
                    side / stride,
                    OUT,
                    (image, out, row, column) -> {
                        double sum = 0;
                        for (int in = 0; in < IN; in++) {
                            for (int k = 0; k < taps; k++) {
                                int y0 = row * stride + k / kernel - kernel / 2;
                                int x0 = column * stride + k % kernel - kernel / 2;
                                sum += w[(out * IN + in) * taps + k] * map.at(image, in, y0, x0);
                            }
                        }
                        return sum;
                    });
        }
    }

    @FunctionalInterface
    private interface Site {
        double value(int image, int channel, int y, int x);
    }

    private void requireRows(NDArray rows, int side, int channels, Site expected) {
        double[] values = rows.toDoubleArray();
        int[] sites = grid.tables().sites(side);
        int width = grid.width() * side;
        int plane = grid.height() * side * width;
        assertThat(values).hasSize(sites.length * channels);
        for (int row = 0; row < sites.length; row++) {
            for (int c = 0; c < channels; c++) {
                double should =
                        expected.value(
                                sites[row] / plane,
                                c,
                                sites[row] % plane / width,
                                sites[row] % width);
                assertThat(values[row * channels + c])
                        .as("row %d channel %d", row, c)
                        .isCloseTo(should, within(1e-12));
            }
        }
    }

    private Pass pass(NDManager manager) {
        return new Pass(new Operators(manager), grid, DropPath.OFF);
    }

    private Map randomMap(int side) {
        int height = grid.height() * side;
        int width = grid.width() * side;
        double[] values = new double[IMAGES * IN * height * width];
        for (int site : grid.tables().sites(side)) {
            int image = site / (height * width);
            for (int c = 0; c < IN; c++) {
                values[(image * IN + c) * height * width + site % (height * width)] =
                        random.nextGaussian();
            }
        }
        return new Map(values, IN, height, width);
    }

    private NDArray rows(NDManager manager, Map map, int side) {
        int[] sites = grid.tables().sites(side);
        int plane = map.height * map.width;
        double[] rows = new double[sites.length * IN];
        for (int i = 0; i < sites.length; i++) {
            for (int c = 0; c < IN; c++) {
                rows[i * IN + c] =
                        map.values[(sites[i] / plane * IN + c) * plane + sites[i] % plane];
            }
        }
        return manager.create(rows, new Shape(sites.length, IN));
    }
}
