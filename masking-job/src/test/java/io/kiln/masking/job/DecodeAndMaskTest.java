package io.kiln.masking.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ImageDefect;
import io.kiln.images.TestImages;
import io.kiln.masking.order.PerceptualHash;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.Holdout;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.masking.sampling.Plans;
import io.kiln.schemas.DeadLetterReason;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordFormatException;
import io.kiln.schemas.SchemaRegistryException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecodeAndMaskTest {
    private static final byte[] JPEG = TestImages.jpeg(TestImages.scene(40, 60));
    private static final byte[] KEY = {1, 2, 3};

    private OneInputStreamOperatorTestHarness<ImageInput, MaskedImage> harness;

    @BeforeEach
    void open() throws Exception {
        harness =
                new OneInputStreamOperatorTestHarness<>(
                        new ProcessOperator<>(
                                new DecodeAndMask(
                                        DecodeAndMaskTest::read,
                                        new DecodeLimits(20_000, 10_000),
                                        Plans.small(4, 2),
                                        Holdout.NONE)));
        harness.open();
    }

    @AfterEach
    void close() throws Exception {
        harness.close();
    }

    @Test
    void goodImageIsMaskedAndKeepsItsPositionAndIdentity() throws Exception {
        harness.processElement(input(7, JPEG), 0);
        assertThat(harness.extractOutputValues()).hasSize(1);
        MaskedImage masked = harness.extractOutputValues().get(0);
        assertThat(masked.position()).isEqualTo(new Position("images", 2, 7));
        assertThat(masked.imageId()).isEqualTo("id of 7");
        assertThat(masked.views())
                .hasSize(2)
                .allSatisfy(view -> assertThat(view.crop().height()).isBetween(1, 40))
                .allSatisfy(view -> assertThat(view.crop().width()).isBetween(1, 60));
        assertThat(harness.getSideOutput(DecodeAndMask.DEAD_LETTERS)).isNullOrEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"drop-exact", "drop-near"})
    void imagesHaveAPerceptualHashWhereDuplicatesAreDropped(String duplicates) throws Exception {
        harness.processElement(input(7, JPEG), 0);
        assertThat(harness.extractOutputValues().get(0).perceptualHash()).isZero();
        MaskingPlan dropping = Plans.of("masking.duplicates=" + duplicates);
        DecodeAndMask operator =
                new DecodeAndMask(
                        DecodeAndMaskTest::read,
                        new DecodeLimits(20_000, 10_000),
                        dropping,
                        Holdout.NONE);
        try (var hashing =
                new OneInputStreamOperatorTestHarness<>(new ProcessOperator<>(operator))) {
            hashing.open();
            hashing.processElement(input(7, JPEG), 0);
            assertThat(hashing.extractOutputValues().get(0).perceptualHash())
                    .isEqualTo(PerceptualHash.of(decoded(JPEG)))
                    .isNotZero();
        }
    }

    @Test
    void heldOutImageGoesToNoBatch() throws Exception {
        DecodeAndMask operator =
                new DecodeAndMask(
                        DecodeAndMaskTest::read,
                        new DecodeLimits(20_000, 10_000),
                        Plans.small(4, 2),
                        new Holdout(0.5));
        try (var holding =
                new OneInputStreamOperatorTestHarness<>(new ProcessOperator<>(operator))) {
            holding.open();
            for (int offset = 0; offset < 40; offset++) {
                holding.processElement(input(offset, JPEG), 0);
            }
            List<String> trained =
                    holding.extractOutputValues().stream().map(MaskedImage::imageId).toList();
            List<String> held =
                    holding.getSideOutput(DecodeAndMask.HELD_OUT).stream()
                            .map(StreamRecord::getValue)
                            .peek(image -> assertThat(image.views()).hasSize(1))
                            .map(MaskedImage::imageId)
                            .toList();
            assertThat(trained).isNotEmpty().allMatch(id -> !new Holdout(0.5).holds(id));
            assertThat(held).isNotEmpty().allMatch(id -> new Holdout(0.5).holds(id));
            assertThat(trained.size() + held.size()).isEqualTo(40);
        }
    }

    private static Bitmap decoded(byte[] jpeg) throws BadImageException {
        try (ImageDecoder decoder = new ImageDecoder(new DecodeLimits(20_000, 10_000), 3)) {
            return decoder.decode(jpeg);
        }
    }

    @Test
    void truncatedJpegGoesToTheDeadLettersAsItCame() throws Exception {
        byte[] truncated = Arrays.copyOf(JPEG, JPEG.length - 20);
        ImageInput input = input(8, truncated);
        harness.processElement(input, 0);
        DeadLetter letter = onlyDeadLetter();
        assertThat(letter.image()).usingRecursiveComparison().isEqualTo(input);
        assertThat(letter.reason()).isEqualTo(DeadLetterReason.TRUNCATED);
        assertThat(letter.detail()).contains("premature end of data segment");
        assertThat(letter.source()).isEqualTo("file:/8.jpg");
        assertThat(letter.imageId()).isEqualTo("id of 8");
    }

    @Test
    void recordThatIsNoImageRecordGoesToTheDeadLetters() throws Exception {
        harness.processElement(
                new ImageInput(new Position("images", 2, 9), null, ascii("malformed")), 0);
        DeadLetter letter = onlyDeadLetter();
        assertThat(letter.reason()).isEqualTo(DeadLetterReason.NOT_A_RECORD);
        assertThat(letter.detail()).isEqualTo("not a record, says the test");
        assertThat(letter.source()).isEmpty();
    }

    @Test
    void recordWithoutAValueGoesToTheDeadLetters() throws Exception {
        harness.processElement(new ImageInput(new Position("images", 2, 9), KEY, null), 0);
        assertThat(onlyDeadLetter().reason()).isEqualTo(DeadLetterReason.NOT_A_RECORD);
    }

    @Test
    void identityTooLongForABatchGoesToTheDeadLetters() throws Exception {
        harness.processElement(
                new ImageInput(new Position("images", 2, 9), KEY, ascii("long identity")), 0);
        assertThat(onlyDeadLetter().detail())
                .isEqualTo("imageId has 513 bytes; expected at most 512");
    }

    @Test
    void imagesBeyondTheLimitsGoToTheDeadLetters() throws Exception {
        harness.processElement(input(1, new byte[20_001]), 0);
        harness.processElement(input(2, TestImages.jpeg(TestImages.scene(100, 101))), 0);
        assertThat(deadLetters())
                .extracting(r -> r.getValue().reason())
                .containsExactly(DeadLetterReason.TOO_MANY_BYTES, DeadLetterReason.TOO_MANY_PIXELS);
    }

    @Test
    void goodImagesAfterBadOnesAreMasked() throws Exception {
        harness.processElement(input(1, ascii("some text")), 0);
        harness.processElement(input(2, JPEG), 0);
        harness.processElement(input(3, Arrays.copyOf(JPEG, 30)), 0);
        harness.processElement(input(4, JPEG), 0);
        assertThat(harness.extractOutputValues())
                .extracting(d -> d.position().offset())
                .containsExactly(2L, 4L);
        assertThat(deadLetters())
                .extracting(r -> r.getValue().image().position().offset())
                .containsExactly(1L, 3L);
    }

    @ParameterizedTest
    @EnumSource
    void everyDefectHasAReasonOfItsName(ImageDefect defect) {
        assertThat(DecodeAndMask.reason(defect)).hasToString(defect.name());
    }

    @Test
    void registryThatIsAwayFailsTheJobInsteadOfTheRecord() {
        ImageInput input =
                new ImageInput(new Position("images", 2, 9), KEY, ascii("registry is away"));
        assertThatThrownBy(() -> harness.processElement(input, 0))
                .isInstanceOf(SchemaRegistryException.class);
    }

    private DeadLetter onlyDeadLetter() {
        assertThat(harness.extractOutputValues()).isEmpty();
        assertThat(deadLetters()).hasSize(1);
        return deadLetters().peek().getValue();
    }

    private Queue<StreamRecord<DeadLetter>> deadLetters() {
        return harness.getSideOutput(DecodeAndMask.DEAD_LETTERS);
    }

    private static ImageInput input(long offset, byte[] image) {
        byte[] value = ByteBuffer.allocate(8 + image.length).putLong(offset).put(image).array();
        return new ImageInput(new Position("images", 2, offset), KEY, value);
    }

    /** Reads, in place of Avro, a number of eight bytes and then the image. */
    private static ImageRecord read(byte[] value) {
        return switch (new String(value, StandardCharsets.US_ASCII)) {
            case "malformed" -> throw new RecordFormatException("not a record, says the test");
            case "registry is away" -> throw new SchemaRegistryException("away", null);
            case "long identity" -> record("\u00E9".repeat(256) + "!", "", new byte[0]);
            default -> {
                ByteBuffer buffer = ByteBuffer.wrap(value);
                long offset = buffer.getLong();
                yield record(
                        "id of " + offset,
                        "file:/" + offset + ".jpg",
                        Arrays.copyOfRange(value, 8, value.length));
            }
        };
    }

    private static ImageRecord record(String imageId, String source, byte @Nullable [] image) {
        return new ImageRecord(
                imageId, source, "image/jpeg", ByteBuffer.wrap(image), null, Map.of());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
