package io.kiln.model.training;

import static io.kiln.model.network.DecoderKind.BLOCK;
import static io.kiln.model.network.DecoderKind.UNET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.batch.Patches;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Inputs that the official code does not take: other shapes, channels, patches, mask ratios. */
class AnyInputTest {
    private static final int IMAGES = 2;

    static Stream<Arguments> inputs() {
        return Stream.of(Family.values())
                .flatMap(
                        family ->
                                Stream.of(
                                        Arguments.of(family, new InputGeometry(32, 160, 1, 32), 1),
                                        Arguments.of(family, new InputGeometry(32, 160, 5, 32), 4),
                                        Arguments.of(family, new InputGeometry(128, 64, 2, 64), 1),
                                        Arguments.of(
                                                family, new InputGeometry(128, 256, 3, 128), 1)));
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void anyShapeChannelsPatchAndMaskRatioIsTrainedOn(
            Family family, InputGeometry geometry, int keep) {
        try (Trainer trainer =
                new Trainer(
                        new TrainerSettings(
                                architecture(family, geometry.channels()),
                                geometry,
                                new Normalisation(
                                        Collections.nCopies(geometry.channels(), 0.0),
                                        Collections.nCopies(geometry.channels(), 1.0)),
                                new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                                new WarmupStableDecay(0.01, 0, 0, 0, 0.04, 0.04),
                                Precision.FP32,
                                "cpu",
                                Kernels.FAST,
                                7))) {
            StepResult result = trainer.step(TestBatches.bytes(geometry, IMAGES, keep, 1));
            assertThat(result.skipped()).isFalse();
            assertThat(result.loss()).isFinite().isPositive();
            assertThat(result.gradientNorm()).isFinite().isPositive();
        }
    }

    static Stream<Arguments> patches() {
        return Stream.concat(
                Stream.of(Family.values())
                        .flatMap(
                                family ->
                                        Stream.of(64, 128).map(p -> Arguments.of(family, UNET, p))),
                Stream.of(
                        Arguments.of(Family.CONVNEXT_V2, BLOCK, 64),
                        Arguments.of(Family.RESNET_BASIC, BLOCK, 128)));
    }

    /** Only the loss knows how large a mask patch is: it normalises each patch by itself. */
    @ParameterizedTest
    @MethodSource("patches")
    void aPatchOfSeveralStridesIsAsManyPatchesOfOne(Family family, DecoderKind decoder, int patch) {
        Architecture network = architecture(family, 3).withDecoder(decoder);
        InputGeometry large = new InputGeometry(128, 256, 3, patch);
        InputGeometry small = new InputGeometry(128, 256, 3, 32);
        Random random = new Random(11);
        double[] input = new double[IMAGES * 3 * 128 * 256];
        Arrays.setAll(input, i -> random.nextGaussian());
        double[] active = new double[IMAGES * large.patches()];
        Arrays.setAll(active, i -> i % 2);
        double[] expected = reconstruction(network, small, input, spread(active, large));
        double[] computed = reconstruction(network, large, input, active);
        assertThat(computed).containsExactly(expected, within(1e-10));
        assertThat(Arrays.stream(expected).map(Math::abs).max().orElseThrow()).isGreaterThan(1e-3);
    }

    /** The same mask on a grid of one stride. */
    private static double[] spread(double[] active, InputGeometry geometry) {
        int times = geometry.patch() / 32;
        int columns = geometry.gridWidth() * times;
        int cells = geometry.gridHeight() * times * columns;
        double[] spread = new double[IMAGES * cells];
        for (int i = 0; i < spread.length; i++) {
            int row = i % cells / columns / times;
            int column = i % columns / times;
            spread[i] =
                    active[i / cells * geometry.patches() + row * geometry.gridWidth() + column];
        }
        return spread;
    }

    private static double[] reconstruction(
            Architecture network, InputGeometry geometry, double[] input, double[] active) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
            Weights weights = new Weights(manager, Precision.FP64.dataType(), 3);
            SparkModel model = new SparkModel(network, weights);
            NormalisedBatch batch = NormalisedBatch.of(geometry, IMAGES, input, active);
            Pass pass = new Pass(new Operators(manager), batch.grid(), DropPath.OFF);
            Patches patches = batch.toPatches(manager, Precision.FP64.dataType());
            return NetworkTensors.doubles(model.forward(patches, pass).reconstruction());
        }
    }

    private static Architecture architecture(Family family, int channels) {
        Architecture three = TestBatches.architecture(family);
        return new Architecture(
                three.family(),
                three.depths(),
                three.widths(),
                three.stem(),
                three.layerScale(),
                three.dropPath(),
                three.decoderWidth(),
                channels);
    }
}
