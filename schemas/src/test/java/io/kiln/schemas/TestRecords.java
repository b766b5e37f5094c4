package io.kiln.schemas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Records as a run would write them, for the tests of all modules. */
public final class TestRecords {
    private static final int IMAGES = 32;

    private TestRecords() {}

    /** A version announced, with all that the schema requires and no file. */
    public static CheckpointEvent.Builder event(
            String model, String runId, long version, long step) {
        return CheckpointEvent.newBuilder()
                .setEventId(CheckpointEvents.id(runId, version, CheckpointStatus.CANDIDATE))
                .setRunId(runId)
                .setModel(model)
                .setVersion(version)
                .setParentVersion(version == 1 ? null : version - 1)
                .setStep(step)
                .setSamplesSeen(IMAGES * step)
                .setOffsets(List.of(new OffsetRange("images", 0, 0L, IMAGES * step - 1)))
                .setFiles(List.of())
                .setArchitecture("{\"family\":\"resnet\"}")
                .setConfigurationHash("cd".repeat(32))
                .setInput(
                        new InputSpec(
                                64,
                                64,
                                3,
                                List.of(0.5, 0.5, 0.5),
                                List.of(0.2, 0.2, 0.2),
                                List.of(),
                                8,
                                "bicubic",
                                "centre-crop"))
                .setWeightNames("timm")
                .setTrainingLoss(0.9)
                .setLearningRate(0.02)
                .setPrecision("fp32")
                .setFlinkCheckpointId(version)
                .setCodeVersion("0.1")
                .setCreatedAt(Instant.parse("2026-01-02T03:04:05Z"))
                .setStatus(CheckpointStatus.CANDIDATE);
    }

    /** An event as it lies in a topic, with its headers. */
    public static ProducerRecord<byte[], byte[]> record(
            SchemaRegistry registry, String topic, CheckpointEvent event) {
        byte[] value = new RecordSerializer<CheckpointEvent>(registry).serialize(topic, event);
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, value);
        CloudEventHeaders.of(event).addTo(record.headers());
        return record;
    }

    /** What an event says of a file of encoder weights. */
    public static CheckpointFile encoder(Path file, byte[] content) {
        return file(FileRole.ENCODER, file, "safetensors", content);
    }

    /** What an event says of a file. */
    public static CheckpointFile file(FileRole role, Path file, String format, byte[] content) {
        return new CheckpointFile(
                role, file.toUri().toString(), format, (long) content.length, Sha256.hex(content));
    }

    /** Writes the file of a version, called v1, v2 and so on, and announces it. */
    public static CheckpointEvent write(
            Path folder, String model, String runId, long version, long step) throws IOException {
        byte[] content = {(byte) version};
        Path file = Files.write(folder.resolve("v" + version), content);
        return event(model, runId, version, step).setFiles(List.of(encoder(file, content))).build();
    }

    /** A step on the batch at offset step − 1 of partition 0. */
    public static TrainingStep.Builder step(String runId, long step) {
        return TrainingStep.newBuilder()
                .setRunId(runId)
                .setStep(step)
                .setSamplesSeen(IMAGES * step)
                .setBatchId("batch-" + step)
                .setBatchPartition(0)
                .setBatchOffset(step - 1)
                .setImages(IMAGES)
                .setSkipped(false)
                .setLoss(0.9)
                .setLearningRate(0.02)
                .setWeightDecay(0.04)
                .setGradientNorm(1)
                .setSeconds(0.2)
                .setImagesPerSecond(150)
                .setWaitShare(0.1)
                .setModel("tiny");
    }
}
