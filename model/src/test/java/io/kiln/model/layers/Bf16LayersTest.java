package io.kiln.model.layers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.BatchNorm.Activation;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Layers in mixed precision against the same in float32: activations, gradients of inputs and of
 * weights and running statistics agree within the rounding of bfloat16, and gradients of weights
 * are float32.
 */
class Bf16LayersTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 3, 32);
    private static final int IMAGES = 20;
    private static final int SIDE = 8;
    private static final int CHANNELS = 32;

    /** Of bfloat16's eight bits, with some roundings on the way. */
    private static final double TOLERANCE = 0.02;

    private static final PatchGrid GRID = PatchGrid.of(GEOMETRY, IMAGES, halfOfEach());

    private static int[] halfOfEach() {
        int[] coordinates = new int[IMAGES * 2 * 3];
        for (int image = 0; image < IMAGES; image++) {
            int[] two = {image, 0, image % 2, image, 1, 1 - image % 2};
            System.arraycopy(two, 0, coordinates, image * two.length, two.length);
        }
        return coordinates;
    }

    /** A layer from rows to rows or maps. */
    private interface Layer {
        NDArray forward(NDArray x, Pass pass, Tape tape);
    }

    private record Case(String name, Function<Weights, Layer> layer) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> layers() {
        return Stream.of(
                new Case("batch norm", w -> norm(w, Activation.NONE)),
                new Case("batch norm and ReLU", w -> norm(w, Activation.RELU)),
                new Case("batch norm and ReLU6", w -> norm(w, Activation.RELU6)),
                new Case(
                        "layer norm",
                        w -> {
                            LayerNorm layer = new LayerNorm(w.scope("n"), CHANNELS);
                            return layer::forward;
                        }),
                new Case(
                        "layer scale",
                        w -> {
                            LayerScale layer = new LayerScale(w.scope("s"), CHANNELS, 0.1);
                            return layer::forward;
                        }),
                new Case("response norm", Bf16LayersTest::responseNorm),
                new Case("token 3x3", w -> densify(w, 3)),
                new Case("token 1x1", w -> densify(w, 1)),
                new Case("upsampling", Bf16LayersTest::upsampling));
    }

    private static Layer norm(Weights weights, Activation activation) {
        BatchNorm layer = new BatchNorm(weights.scope("n"), CHANNELS, activation);
        return layer::forward;
    }

    private static Layer responseNorm(Weights weights) {
        GlobalResponseNorm layer = new GlobalResponseNorm(weights.scope("g"), CHANNELS);
        return (x, pass, tape) ->
                layer.forward(x, y -> pass.operators().one("clone", y), pass, tape);
    }

    private static Layer densify(Weights weights, int kernel) {
        Parameter token =
                weights.scope("token").parameter(Initialiser.normal(0.5), 1, CHANNELS, 1, 1);
        RowConv layer = RowConv.densify(weights.scope("d"), token, CHANNELS, 16, kernel);
        return (x, pass, tape) -> layer.forward(x, SIDE, pass, tape);
    }

    private static Layer upsampling(Weights weights) {
        Parameter token =
                weights.scope("token").parameter(Initialiser.normal(0.5), 1, CHANNELS, 1, 1);
        UpsampleConv layer = new UpsampleConv(weights.scope("u"), weights.scope("c"), CHANNELS);
        return (x, pass, tape) ->
                layer.forward(
                        DensifyConv.spread(x, token, pass.tables().map(SIDE), pass, tape),
                        pass,
                        tape);
    }

    @ParameterizedTest
    @MethodSource("layers")
    void agreesWithFloat32(Case one) {
        List<double[]> single = run(one, false);
        List<double[]> mixed = run(one, true);
        assertThat(mixed).hasSameSizeAs(single);
        for (int i = 0; i < single.size(); i++) {
            assertThat(distance(mixed.get(i), single.get(i)))
                    .as("result %d of %s", i, one.name())
                    .isLessThan(TOLERANCE);
        }
        assertThat(Arrays.equals(mixed.get(0), single.get(0))).as("output not rounded").isFalse();
    }

    /** Output, gradient of the input, gradients of the weights, running statistics. */
    private static List<double[]> run(Case one, boolean mixed) {
        Random random = new Random(5);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Operators operators = new Operators(manager, mixed, Kernels.FAST);
            Weights weights = new Weights(manager, DataType.FLOAT32, 3);
            Pass pass = new Pass(operators, GRID, DropPath.OFF);
            Tape tape = new Tape();
            Shape rows = new Shape((long) GRID.active() * SIDE * SIDE, CHANNELS);
            NDArray x = gaussians(rows, random, operators);
            Layer layer = one.layer().apply(weights);
            weights.parameters().forEach(p -> moveOn(p.value(), operators));
            NDArray y = layer.forward(x, pass, tape);
            List<double[]> results = new ArrayList<>();
            results.add(doubles(y, operators));
            NDArray dy = gaussians(y.getShape(), random, operators);
            results.add(doubles(tape.unwind(dy), operators));
            for (Parameter parameter : weights.parameters()) {
                assertThat(parameter.gradient().getDataType()).isEqualTo(DataType.FLOAT32);
                results.add(NetworkTensors.doubles(parameter.gradient()));
            }
            pass.statistics().values().forEach(s -> results.add(NetworkTensors.doubles(s)));
            return results;
        }
    }

    /** In the format of activations: exact, for the values are rounded to bfloat16 already. */
    private static NDArray activations(NDArray values, Operators operators) {
        NDArray one = values.getManager().create(1f).reshape(new Shape(1, 1));
        Shape flat = new Shape(values.size(), 1);
        return operators.one("linear", values.reshape(flat), one).reshape(values.getShape());
    }

    /** No weight is as at the start, where some change nothing. */
    private static void moveOn(NDArray weight, Operators operators) {
        NDArray change = operators.manager().full(weight.getShape(), 0.2f);
        operators.apply("add_into", weight, change);
    }

    /**
     * In float32: of the operators that are not matrix work this one gives it in both precisions.
     */
    private static double[] doubles(NDArray activations, Operators operators) {
        return NetworkTensors.doubles(operators.one("patch_factors", activations, activations));
    }

    private static NDArray gaussians(Shape shape, Random random, Operators operators) {
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToIntBits((float) random.nextGaussian());
            values[i] = Float.intBitsToFloat(bits & 0xffff0000);
        }
        return activations(operators.manager().create(values, shape), operators);
    }

    /** Euclidean, relative to the length of what was expected. */
    private static double distance(double[] found, double[] expected) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            length += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / Math.max(length, 1e-12));
    }
}
