package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All ways of computing convolutions are the same function, with the same gradients. */
class KernelsTest {
    private static final double TOLERANCE = 1e-10;

    /** Wide enough for Winograd's convolution in the first blocks, and for fused ones later. */
    private static final int DECODER_WIDTH = 96;

    /** Wide enough for it in the encoder of basic blocks. */
    private static final List<Integer> WIDTHS = List.of(48, 52, 56, 64);

    private record Run(double loss, Map<String, double[]> gradients) {}

    @ParameterizedTest
    @CsvSource({
        "RESNET_BASIC, 64, 96, LIBRARY",
        "RESNET_BOTTLENECK, 96, 64, MASKED_DENSE",
        "CONVNEXT, 64, 64, LIBRARY",
        "CONVNEXT, 64, 64, MASKED_DENSE"
    })
    void everyWayGivesTheSameLossAndGradients(
            Family family, int height, int width, Kernels kernels) {
        InputGeometry geometry = new InputGeometry(height, width, 3, 32);
        Run fast = run(family, geometry, Kernels.FAST);
        Run other = run(family, geometry, kernels);
        assertThat(other.loss).isCloseTo(fast.loss, within(TOLERANCE));
        fast.gradients.forEach(
                (name, values) ->
                        assertThat(other.gradients.get(name))
                                .as(name)
                                .containsExactly(values, within(TOLERANCE)));
    }

    private static Run run(Family family, InputGeometry geometry, Kernels kernels) {
        Architecture small = TestBatches.architecture(family);
        Architecture architecture =
                new Architecture(
                        family,
                        small.depths(),
                        WIDTHS,
                        small.stem(),
                        small.layerScale(),
                        0,
                        DECODER_WIDTH,
                        3);
        NormalisedBatch batch = TestBatches.normal(geometry, 9, 2, 5);
        int values = geometry.patchValues();
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, Precision.FP64.dataType(), 11);
            SparkModel model = new SparkModel(architecture, weights);
            Operators operators = new Operators(manager, false, kernels);
            Pass pass = new Pass(operators, batch.grid(), Pass.Draws.NONE);
            SparkModel.Outcome outcome =
                    model.forward(
                            new SparkModel.Patches(
                                    array(manager, batch.visible(), values),
                                    array(manager, batch.hidden(), values)),
                            pass);
            double loss = NetworkTensors.doubles(outcome.loss())[0];
            outcome.backward().run();
            Map<String, double[]> gradients = new LinkedHashMap<>();
            for (Parameter parameter : weights.parameters()) {
                gradients.put(parameter.name(), NetworkTensors.doubles(parameter.gradient()));
            }
            return new Run(loss, gradients);
        }
    }

    private static NDArray array(NDManager manager, double[] values, int patchValues) {
        return manager.create(values, new Shape(values.length / patchValues, patchValues));
    }
}
