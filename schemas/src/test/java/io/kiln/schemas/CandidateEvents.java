package io.kiln.schemas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** Events that announce versions whose one file is there. */
public final class CandidateEvents {
    private CandidateEvents() {}

    /**
     * Writes the file of a version, called v1, v2 and so on, and tells of it.
     *
     * @param folder of the files
     * @param step that the version was made after, of four images each
     */
    public static CheckpointEvent write(
            Path folder, String model, String runId, long version, long step) throws IOException {
        byte[] content = {(byte) version};
        Path file = Files.write(folder.resolve("v" + version), content);
        return new CheckpointEvent(
                CheckpointEvents.id(runId, version, CheckpointStatus.CANDIDATE),
                runId,
                model,
                version,
                version == 1 ? null : version - 1,
                step,
                4 * step,
                List.of(),
                List.of(
                        new CheckpointFile(
                                FileRole.ENCODER,
                                file.toUri().toString(),
                                "safetensors",
                                1L,
                                sha256(content))),
                "{}",
                "ab",
                new InputSpec(64, 64, 3, List.of(0.5, 0.5, 0.5), List.of(0.2, 0.2, 0.2)),
                "timm",
                0.9,
                null,
                0.02,
                "fp32",
                version,
                "1",
                Instant.EPOCH,
                CheckpointStatus.CANDIDATE);
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
