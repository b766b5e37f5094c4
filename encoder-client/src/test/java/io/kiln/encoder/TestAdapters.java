package io.kiln.encoder;

import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorType;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Promotion;
import io.kiln.schemas.TestRecords;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Promotions with adapters that are easily told: values move one place on, and their mean moves.
 */
public final class TestAdapters {
    private static final int SIZE = TestEncoders.EMBEDDING;
    static final float MEAN_FROM = 0.25f;
    static final float MEAN_TO = -0.5f;

    private TestAdapters() {}

    /** A promotion, without an adapter and without a verdict. */
    public static CheckpointEvent promoted(CheckpointEvent event) {
        return CheckpointEvents.withStatus(event, CheckpointStatus.PROMOTED, Instant.EPOCH);
    }

    /** A promotion with an adapter to an earlier version of the run. */
    static CheckpointEvent promoted(
            Path folder, CheckpointEvent event, long from, @Nullable String verdict)
            throws IOException {
        Path file = folder.resolve("adapter-" + event.getVersion() + ".safetensors");
        Map<String, String> metadata =
                Map.of("from", Long.toString(from), "to", Long.toString(event.getVersion()));
        return with(promoted(event, from, verdict), write(file, SIZE, rotation(), metadata));
    }

    /** A promotion with the verdict ADAPT and an adapter that leaves embeddings as they are. */
    public static CheckpointEvent unmoved(Path folder, CheckpointEvent event, long from)
            throws IOException {
        float[] rotation = new float[SIZE * SIZE];
        for (int i = 0; i < SIZE; i++) {
            rotation[i * SIZE + i] = 1;
        }
        Path file = folder.resolve("adapter-" + event.getVersion() + ".safetensors");
        Map<String, String> metadata =
                Map.of("from", Long.toString(from), "to", Long.toString(event.getVersion()));
        return with(promoted(event, from, "ADAPT"), write(file, SIZE, rotation, 0, 0, metadata));
    }

    /** A promotion that tells a verdict and has no adapter. */
    public static CheckpointEvent promoted(
            CheckpointEvent event, long from, @Nullable String verdict) {
        return CheckpointEvent.newBuilder(promoted(event))
                .setPromotion(new Promotion(event.getRunId(), from, List.of(), verdict))
                .build();
    }

    /** The same event with a file of role ADAPTER. */
    static CheckpointEvent with(CheckpointEvent event, Path adapter) throws IOException {
        byte[] content = Files.readAllBytes(adapter);
        List<CheckpointFile> files = new ArrayList<>(event.getFiles());
        files.add(TestRecords.file(FileRole.ADAPTER, adapter, "safetensors", content));
        return CheckpointEvent.newBuilder(event).setFiles(files).build();
    }

    /** Writes an adapter's file. */
    static Path write(Path file, int size, float[] rotation, Map<String, String> metadata)
            throws IOException {
        return write(file, size, rotation, MEAN_FROM, MEAN_TO, metadata);
    }

    private static Path write(
            Path file,
            int size,
            float[] rotation,
            float meanFrom,
            float meanTo,
            Map<String, String> metadata)
            throws IOException {
        float[] from = new float[size];
        float[] to = new float[size];
        Arrays.fill(from, meanFrom);
        Arrays.fill(to, meanTo);
        long columns = rotation.length / size;
        SafeTensorsWriter writer = new SafeTensorsWriter();
        writer.add("mean_from", TensorType.F32, List.of((long) size), () -> bytes(from));
        writer.add(
                "rotation", TensorType.F32, List.of((long) size, columns), () -> bytes(rotation));
        writer.add("mean_to", TensorType.F32, List.of((long) size), () -> bytes(to));
        try (OutputStream out = Files.newOutputStream(file)) {
            writer.write(out, metadata);
        }
        return file;
    }

    /** [size, size]: value i goes to place i + 1, the last one to the first. */
    static float[] rotation() {
        float[] rotation = new float[SIZE * SIZE];
        for (int i = 0; i < SIZE; i++) {
            rotation[i * SIZE + (i + 1) % SIZE] = 1;
        }
        return rotation;
    }

    /** What the adapter should make of an embedding, computed otherwise. */
    static float[] adapted(float[] embedding) {
        float[] adapted = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            adapted[(i + 1) % SIZE] = (float) ((double) embedding[i] - MEAN_TO + MEAN_FROM);
        }
        return adapted;
    }

    private static ByteBuffer bytes(float[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes;
    }
}
