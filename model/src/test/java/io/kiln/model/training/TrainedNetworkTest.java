package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
    void aSingleSiteHasNoLossUnderBatchNorm() throws IOException {
        Architecture resnet = TestBatches.architecture(Family.RESNET_BASIC);
        try (Trainer trainer = trainer(resnet);
                TrainedNetwork network = open(saved(trainer), resnet)) {
            assertThat(network.loss(TestBatches.bytes(GEOMETRY, 1, 1, 2))).isEmpty();
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
