package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.OffsetRange;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Checkpoint events of a run that never was. */
final class Events {
    private Events() {}

    static CheckpointEvent event(long version, CheckpointFile... files) {
        return event("tiny", version, files);
    }

    static CheckpointEvent event(String model, long version, CheckpointFile... files) {
        return CheckpointEvent.newBuilder()
                .setEventId("run-v" + version + "-CANDIDATE")
                .setRunId("run")
                .setModel(model)
                .setVersion(version)
                .setParentVersion(version == 1 ? null : version - 1)
                .setStep(100 * version)
                .setSamplesSeen(3200 * version)
                .setOffsets(List.of(new OffsetRange("sparse-batches", 0, 0L, 99L)))
                .setFiles(List.of(files))
                .setArchitecture("{\"family\":\"resnet\"}")
                .setConfigurationHash("0".repeat(64))
                .setInput(new InputSpec(64, 64, 1, List.of(0.5), List.of(0.25)))
                .setWeightNames("timm")
                .setTrainingLoss(0.5)
                .setLearningRate(0.01)
                .setPrecision("fp32")
                .setFlinkCheckpointId(7)
                .setCodeVersion("0.1")
                .setCreatedAt(Instant.parse("2026-01-31T12:00:00.250Z"))
                .setStatus(CheckpointStatus.CANDIDATE)
                .build();
    }

    static CheckpointFile file(Path path, byte[] content) {
        return new CheckpointFile(
                FileRole.ENCODER,
                path.toUri().toString(),
                "safetensors",
                (long) content.length,
                sha256(content));
    }

    static Map<String, String> headers(CheckpointEvent event) {
        Map<String, String> headers = new TreeMap<>();
        headers.put("ce_specversion", "1.0");
        headers.put("ce_id", event.getEventId());
        headers.put("ce_source", "/kiln/tiny/run");
        headers.put("ce_type", "io.kiln.checkpoint.v1");
        headers.put("ce_time", "2026-01-31T12:00:00.250Z");
        headers.put("ce_subject", "tiny/v" + event.getVersion());
        headers.put("content-type", "application/avro");
        return headers;
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
