package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.images.Bitmap;
import io.kiln.images.CentreCrop;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.script.ImageEncoder;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.InputSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderTest {
    @TempDir Path folder;

    private Path file() {
        return folder.resolve("tiny-1.pt");
    }

    /** The mean of the last stage's maps, normalised over its values as timm's head.norm does. */
    private static double[] embedding(float[] map, int size) {
        double[] means = new double[size];
        int sites = map.length / size;
        for (int i = 0; i < map.length; i++) {
            means[i / sites] += map[i] / sites;
        }
        double mean = Arrays.stream(means).average().orElseThrow();
        double variance = Arrays.stream(means).map(v -> (v - mean) * (v - mean)).sum() / size;
        return Arrays.stream(means).map(v -> (v - mean) / Math.sqrt(variance + 1e-6)).toArray();
    }

    @Test
    void embedsAsKilnsOwnEncoderDoes() throws Exception {
        CheckpointEvent event = TestEncoders.write(folder, "tiny", 1);
        byte[] image = TestEncoders.png(90, 130, 1);
        Bitmap fitted;
        try (ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20))) {
            fitted = CentreCrop.fit(decoder.decode(image), 64, 64);
        }
        float[] pixels = new float[3 * 64 * 64];
        new Normalisation(event.getInput().getMean(), event.getInput().getStd())
                .apply(fitted.samples(), 1, pixels, 0);
        double[] expected;
        try (ImageEncoder encoder = ImageEncoder.open(TestEncoders.weights(file()))) {
            InputGeometry geometry = new InputGeometry(64, 64, 3, 32);
            expected = embedding(encoder.features(geometry, 1, pixels).get(3).values(), 24);
        }
        try (Encoder encoder = Encoder.open(event, file())) {
            Embeddings embeddings =
                    encoder.embed(List.of(TestEncoders.png(64, 64, 2), image, image));
            assertThat(embeddings.version()).isEqualTo(1);
            assertThat(embeddings.runId()).isEqualTo("run-1");
            assertThat(embeddings.values()).hasSize(3);
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) embeddings.values().get(1)[i])
                        .isCloseTo(expected[i], within(1e-4));
            }
            assertThat(embeddings.values().get(2)).isEqualTo(embeddings.values().get(1));
            assertThat(encoder.embed(List.of()).values()).isEmpty();
        }
    }

    @Test
    void imageThatCannotBeUsedIsNamed() throws IOException {
        CheckpointEvent event = TestEncoders.write(folder, "tiny", 1);
        try (Encoder encoder = Encoder.open(event, file())) {
            List<byte[]> images = List.of(TestEncoders.png(64, 64, 1), new byte[] {1, 2, 3});
            assertThatThrownBy(() -> encoder.embed(images))
                    .isInstanceOfSatisfying(
                            UnusableImageException.class, e -> assertThat(e.index()).isEqualTo(1))
                    .hasMessageStartingWith("image 1: ");
        }
    }

    @Test
    void damagedEncoderIsRefused() throws IOException {
        CheckpointEvent event = TestEncoders.write(folder, "tiny", 1);
        byte[] half = Files.readAllBytes(file());
        Path damaged = Files.write(folder.resolve("half.pt"), Arrays.copyOf(half, 5000));
        assertThatThrownBy(() -> Encoder.open(event, damaged))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining("half.pt cannot be loaded");
    }

    @Test
    void encoderThatIsNotWhatItsEventSaysIsRefused() throws IOException {
        CheckpointEvent event =
                CheckpointEvent.newBuilder(TestEncoders.write(folder, "tiny", 1))
                        .setEmbeddingSize(2048)
                        .build();
        assertThatThrownBy(() -> Encoder.open(event, file()))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining("24 values; its event says 2048");
    }

    @Test
    void preparationOfALaterKilnIsRefused() throws IOException {
        CheckpointEvent event = TestEncoders.write(folder, "tiny", 1);
        InputSpec input = InputSpec.newBuilder(event.getInput()).setFit("letter-box").build();
        CheckpointEvent later = CheckpointEvent.newBuilder(event).setInput(input).build();
        assertThatThrownBy(() -> Encoder.open(later, file()))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining("letter-box");
    }

    @Test
    void encoderThatTheHeapCannotHoldIsRefused() throws IOException {
        CheckpointEvent event = TestEncoders.tooLarge(TestEncoders.write(folder, "tiny", 1));
        assertThatThrownBy(() -> Encoder.open(event, file()))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining("tiny-1.pt cannot be loaded: java.lang.OutOfMemoryError");
    }
}
