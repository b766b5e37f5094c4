package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.network.ForwardResult;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every hand-written backward pass against central differences of the loss, in float64. */
class GradientsTest {
    /** Small, since a step that carries one unit over a kink of ReLU shows as an error. */
    private static final double STEP = 5e-9;

    private static final int IMAGES = 2;
    private static final int KEEP = 3;

    static Stream<Arguments> networks() {
        InputGeometry rectangle = new InputGeometry(64, 96, 3, 32);
        InputGeometry ofTwoStrides = new InputGeometry(128, 192, 3, 64);
        return Stream.concat(
                Stream.of(Family.values())
                        .map(family -> Arguments.of(TestBatches.architecture(family), rectangle)),
                Stream.of(
                        Arguments.of(block(Family.RESNET_BASIC), rectangle),
                        Arguments.of(block(Family.CONVNEXT_V2), rectangle),
                        Arguments.of(block(Family.CONVNEXT_V2), ofTwoStrides)));
    }

    private static Architecture block(Family family) {
        return TestBatches.architecture(family).withDecoder(DecoderKind.BLOCK);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void gradientOfEveryParameterIsTheSlopeOfTheLoss(Architecture network, InputGeometry geometry) {
        Architecture architecture = network.withDropPath(0.3);
        NormalisedBatch batch = TestBatches.normal(geometry, IMAGES, KEEP, 11);
        Random random = new Random(5);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, DataType.FLOAT64, 3);
            SparkModel model = new SparkModel(architecture, weights);
            randomise(weights, random);
            Map<String, double[]> gradients = gradients(model, batch, manager);
            for (Parameter parameter : weights.parameters()) {
                double[] value = NetworkTensors.doubles(parameter.value());
                double[] direction = random.doubles(value.length, -1, 1).toArray();
                NetworkTensors.set(parameter.value(), moved(value, direction, STEP));
                double above = loss(model, batch, manager);
                NetworkTensors.set(parameter.value(), moved(value, direction, -STEP));
                double below = loss(model, batch, manager);
                NetworkTensors.set(parameter.value(), value);
                double slope = (above - below) / (2 * STEP);
                double expected = dot(gradients.get(parameter.name()), direction);
                assertThat(slope)
                        .as(parameter.name())
                        .isCloseTo(expected, within(2e-6 + 1e-3 * Math.abs(expected)));
            }
        }
    }

    /** No weight is 0 or 1, so that nothing is right by accident. */
    private static void randomise(Weights weights, Random random) {
        for (Parameter parameter : weights.parameters()) {
            double[] value = NetworkTensors.doubles(parameter.value());
            double scale = value.length > 64 ? 0.02 : 0.1;
            for (int i = 0; i < value.length; i++) {
                value[i] += scale * random.nextGaussian();
            }
            NetworkTensors.set(parameter.value(), value);
        }
    }

    private static double[] moved(double[] value, double[] direction, double by) {
        double[] moved = value.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += by * direction[i];
        }
        return moved;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double loss(SparkModel model, NormalisedBatch batch, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            return forward(model, batch, scratch).loss().toDoubleArray()[0];
        }
    }

    private static Map<String, double[]> gradients(
            SparkModel model, NormalisedBatch batch, NDManager manager) {
        Map<String, double[]> gradients = new HashMap<>();
        try (NDManager scratch = manager.newSubManager()) {
            forward(model, batch, scratch).backward();
            model.weights()
                    .parameters()
                    .forEach(p -> gradients.put(p.name(), NetworkTensors.doubles(p.gradient())));
        }
        return gradients;
    }

    private static ForwardResult forward(
            SparkModel model, NormalisedBatch batch, NDManager scratch) {
        Pass pass = new Pass(new Operators(scratch), batch.grid(), new DropPath(1, 2, true));
        return model.forward(batch.toPatches(scratch, DataType.FLOAT64), pass);
    }
}
