package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.layers.ConvFactory;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.network.ForwardResult;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a network of a family computes of one batch in float64, with random weights.
 *
 * @param gradients by parameter
 */
public record LossAndGradients(double loss, Map<String, double[]> gradients) {
    private static final double TOLERANCE = 1e-10;

    /** Wide enough for Winograd's convolution in the first blocks, and for fused ones later. */
    private static final int DECODER_WIDTH = 96;

    /** Wide enough for it in the encoder of basic blocks. */
    private static final List<Integer> WIDTHS = List.of(48, 52, 56, 64);

    /** Computes them in one of several ways. */
    public static LossAndGradients of(
            Family family,
            DecoderKind decoder,
            InputGeometry geometry,
            Kernels kernels,
            ConvFactory convolutions) {
        NormalisedBatch batch = TestBatches.normal(geometry, 9, 2, 5);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, Precision.FP64.dataType(), 11, convolutions);
            SparkModel model = new SparkModel(architecture(family, decoder), weights);
            Operators operators = new Operators(manager, false, kernels);
            Pass pass = new Pass(operators, batch.grid(), DropPath.OFF);
            ForwardResult result = model.forward(batch.toPatches(manager, DataType.FLOAT64), pass);
            double loss = NetworkTensors.doubles(result.loss())[0];
            result.backward();
            Map<String, double[]> gradients = new LinkedHashMap<>();
            for (Parameter parameter : weights.parameters()) {
                gradients.put(parameter.name(), NetworkTensors.doubles(parameter.gradient()));
            }
            return new LossAndGradients(loss, gradients);
        }
    }

    private static Architecture architecture(Family family, DecoderKind decoder) {
        Architecture small = TestBatches.architecture(family);
        return new Architecture(
                family,
                small.depths(),
                WIDTHS,
                small.stem(),
                small.layerScale(),
                0,
                DECODER_WIDTH,
                3,
                decoder);
    }

    /** Fails unless both are equal up to rounding. */
    public void requireEqualTo(LossAndGradients other) {
        assertThat(loss).isCloseTo(other.loss, within(TOLERANCE));
        assertThat(gradients).containsOnlyKeys(other.gradients.keySet());
        other.gradients.forEach(
                (name, values) ->
                        assertThat(gradients.get(name))
                                .as(name)
                                .containsExactly(values, within(TOLERANCE)));
    }
}
