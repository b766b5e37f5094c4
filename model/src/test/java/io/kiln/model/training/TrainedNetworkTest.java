package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.DecoderKind;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainedNetworkTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 3, 32);

    @TempDir Path directory;

    private static Trainer trainer(Architecture architecture) {
        return new Trainer(TestBatches.settings(architecture, GEOMETRY, Precision.FP32, 0.01));
    }

    private Path saved(Trainer trainer) throws IOException {
        Path file = directory.resolve("state.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            trainer.save(out);
        }
        return file;
    }

    private static TrainedNetwork open(Path file, Architecture architecture) throws IOException {
        return TrainedNetwork.open(file, architecture, Normalisation.IMAGENET, Kernels.FAST, "cpu");
    }

    @ParameterizedTest
    @EnumSource(names = {"RESNET_BASIC", "CONVNEXT"})
    void withRunningStatisticsTheLossOfABatchIsTheMeanOfItsImages(Family family)
            throws IOException {
        Architecture architecture = TestBatches.architecture(family).withDropPath(0);
        int images = 4;
        MaskedBatch batch = TestBatches.bytes(GEOMETRY, images, 2, 99);
        int[] coordinates = TestBatches.coordinates(GEOMETRY, images, 2, new Random(99));
        try (Trainer trainer = trainer(architecture)) {
            for (int seed = 0; seed < 10; seed++) {
                trainer.step(TestBatches.bytes(GEOMETRY, images, 2, seed));
            }
            try (TrainedNetwork network = open(saved(trainer), architecture)) {
                double running = 0;
                double own = 0;
                for (int i = 0; i < images; i++) {
                    MaskedBatch one = image(batch, coordinates, images, i);
                    running += network.runningLoss(one).getAsDouble() / images;
                    own += network.loss(one).getAsDouble() / images;
                }
                double all = network.runningLoss(batch).getAsDouble();
                assertThat(all).isCloseTo(running, within(2e-6)).isBetween(0.1, 10.0);
                assertThat(network.loss(batch).getAsDouble()).isNotCloseTo(own, within(1e-5));
                assertThat(network.loss(batch).getAsDouble()).isNotCloseTo(all, within(1e-5));
                assertThat(network.runningLoss(batch)).hasValue(all);
            }
        }
    }

    /** One image of a batch, in a batch of its own. */
    private static MaskedBatch image(MaskedBatch batch, int[] coordinates, int images, int image) {
        int each = coordinates.length / images;
        int[] own = Arrays.copyOfRange(coordinates, each * image, each * (image + 1));
        for (int i = 0; i < each; i += 3) {
            own[i] = 0;
        }
        return new MaskedBatch(
                PatchGrid.of(GEOMETRY, 1, own),
                part(batch.visiblePatches(), images, image),
                part(batch.maskedPatches(), images, image));
    }

    private static ByteBuffer part(ByteBuffer all, int images, int image) {
        int bytes = all.remaining() / images;
        return all.slice(all.position() + bytes * image, bytes);
    }

    @Test
    void lossWithRunningStatisticsIsComputedInBfloat16Too() throws IOException {
        Architecture architecture = TestBatches.architecture(Family.RESNET_BOTTLENECK);
        MaskedBatch batch = TestBatches.bytes(GEOMETRY, 4, 2, 2);
        TrainerSettings mixed = TestBatches.settings(architecture, GEOMETRY, Precision.BF16, 0.01);
        try (Trainer trainer = new Trainer(mixed)) {
            trainer.step(batch);
            try (TrainedNetwork network = open(saved(trainer), architecture)) {
                assertThat(network.runningLoss(batch).getAsDouble()).isBetween(0.1, 10.0);
            }
        }
    }

    @Test
    void aNetworkWithoutBatchNormsHasNoLossWithRunningStatistics() throws IOException {
        Architecture architecture =
                TestBatches.architecture(Family.CONVNEXT).withDecoder(DecoderKind.BLOCK);
        try (Trainer trainer = trainer(architecture);
                TrainedNetwork network = open(saved(trainer), architecture)) {
            assertThat(network.runningLoss(TestBatches.bytes(GEOMETRY, 4, 2, 2))).isEmpty();
        }
    }

    /** A step without drop-path reports the loss of the weights before it. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void lossIsThatOfAStepBitForBitAndChangesNothing(Family family) throws IOException {
        Architecture architecture = TestBatches.architecture(family).withDropPath(0);
        try (Trainer trainer = trainer(architecture)) {
            trainer.step(TestBatches.bytes(GEOMETRY, 4, 2, 1));
            try (TrainedNetwork network = open(saved(trainer), architecture)) {
                double first = network.loss(TestBatches.bytes(GEOMETRY, 4, 2, 2)).getAsDouble();
                double again = network.loss(TestBatches.bytes(GEOMETRY, 4, 2, 2)).getAsDouble();
                assertThat(again).isEqualTo(first);
                assertThat(trainer.step(TestBatches.bytes(GEOMETRY, 4, 2, 2)).loss())
                        .isEqualTo(first);
            }
        }
    }

    @Test
    void aSingleSiteHasNoLossUnderBatchNormButOneWithRunningStatistics() throws IOException {
        Architecture resnet = TestBatches.architecture(Family.RESNET_BASIC);
        try (Trainer trainer = trainer(resnet);
                TrainedNetwork network = open(saved(trainer), resnet)) {
            assertThat(network.loss(TestBatches.bytes(GEOMETRY, 1, 1, 2))).isEmpty();
            assertThat(network.runningLoss(TestBatches.bytes(GEOMETRY, 1, 1, 2))).isPresent();
        }
    }

    @Test
    void whatDoesNotFitIsRefusedByTheNameOfTheTensor() throws IOException {
        Architecture resnet = TestBatches.architecture(Family.RESNET_BASIC);
        try (Trainer trainer = trainer(resnet)) {
            Path file = saved(trainer);
            assertThatThrownBy(() -> open(file, TestBatches.architecture(Family.CONVNEXT)))
                    .isInstanceOf(WeightFileException.class)
                    .hasMessageContaining("state.safetensors does not fit the network: ")
                    .hasMessageContaining("tensor sparse_encoder.sp_cnn.");
        }
        Path encoder = TestBatches.exportedEncoder(directory, Family.RESNET_BASIC, GEOMETRY);
        assertThatThrownBy(() -> open(encoder, resnet))
                .isInstanceOf(WeightFileException.class)
                .hasMessageContaining("says precision nothing; expected a training state");
    }
}
