package io.kiln.masking.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.images.DecodeLimits;
import io.kiln.images.TestImages;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.Holdout;
import io.kiln.masking.sampling.Plans;
import io.kiln.schemas.DeadLetterReason;
import io.kiln.schemas.ForeignRecord;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestServers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records of images that Kiln did not write: each is a dead letter, byte for byte. */
@Timeout(120)
class ForeignImagesIT {
    private final String topic = TestServers.unique("foreign-images");

    private OneInputStreamOperatorTestHarness<ImageInput, MaskedImage> harness() throws Exception {
        KilnConfig config =
                KilnConfig.parse(
                        "",
                        List.of(
                                "registry.url=" + TestServers.registryUrl(),
                                "registry.connectTimeout=3s"));
        return new OneInputStreamOperatorTestHarness<>(
                new ProcessOperator<>(
                        new DecodeAndMask(
                                new JobRecords<>(config, ImageRecord.class, topic)::read,
                                new DecodeLimits(20_000, 10_000),
                                Plans.small(4, 2),
                                Holdout.NONE)));
    }

    private static StreamRecord<ImageInput> input(long offset, byte @Nullable [] value) {
        return new StreamRecord<>(
                new ImageInput(new Position("images", 0, offset), new byte[] {1}, value));
    }

    private byte[] image() {
        byte[] jpeg = TestImages.jpeg(TestImages.scene(40, 60));
        return new RecordSerializer<ImageRecord>(TestServers.registry())
                .serialize(
                        topic,
                        new ImageRecord(
                                "id",
                                "file:/a",
                                "image/jpeg",
                                ByteBuffer.wrap(jpeg),
                                null,
                                Map.of()));
    }

    @ParameterizedTest
    @EnumSource
    void recordThatIsNoImageRecordIsADeadLetter(ForeignRecord kind) throws Exception {
        byte[] value = kind.value(TestServers.registryUrl());
        try (var harness = harness()) {
            harness.open();
            harness.processElement(input(0, image()));
            harness.processElement(input(1, value));
            harness.processElement(input(2, image()));
            assertThat(harness.extractOutputValues()).hasSize(2);
            DeadLetter letter =
                    harness.getSideOutput(DecodeAndMask.DEAD_LETTERS).element().getValue();
            assertThat(letter.reason()).isEqualTo(DeadLetterReason.NOT_A_RECORD);
            assertThat(letter.detail()).isNotBlank();
            assertThat(letter.image().value()).isEqualTo(value);
        }
    }

    /** 700 of 700 images became dead letters in ten seconds. */
    @Test
    void emptiedRegistryStopsTheJobForGoodAndMakesNoDeadLetter() throws Exception {
        byte[] value = ForeignRecord.UNKNOWN_ID.value(TestServers.registryUrl());
        try (var harness = harness()) {
            harness.open();
            assertThatThrownBy(() -> harness.processElement(input(0, value)))
                    .isInstanceOf(NonRecoverableJobException.class)
                    .cause()
                    .hasMessageContainingAll("knows no schema with id", "registry.unknownIds");
            assertThat(harness.getSideOutput(DecodeAndMask.DEAD_LETTERS)).isNull();
        }
    }
}
