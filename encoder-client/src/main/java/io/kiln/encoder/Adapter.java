package io.kiln.encoder;

import io.kiln.schemas.CheckpointEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Takes embeddings of a version into the space of an earlier one: (x - mean of the version) ·
 * rotation + mean of the earlier one. Thread-safe.
 */
public final class Adapter {
    private final Space from;
    private final Space to;
    private final Advice advice;
    private final float[] meanFrom;
    private final float[] rotation;
    private final float[] meanTo;

    private Adapter(
            Space from, CheckpointEvent event, float[] meanFrom, float[] rotation, float[] meanTo) {
        this.from = from;
        this.to = Space.of(event);
        this.advice = Advice.of(event).orElse(Advice.ADAPT);
        this.meanFrom = meanFrom;
        this.rotation = rotation;
        this.meanTo = meanTo;
    }

    /**
     * Reads a file of role ADAPTER.
     *
     * @param event that names it
     * @param file the file, verified
     * @throws EncoderException if it is no adapter of the event's version
     * @throws IOException if it cannot be read
     */
    public static Adapter read(CheckpointEvent event, Path file) throws IOException {
        int size = event.getEmbeddingSize();
        FloatTensors tensors = FloatTensors.read(file, 4L * size * (size + 2));
        Space version = Space.of(event);
        if (!tensors.metadata("to").equals(Long.toString(version.version()))) {
            throw tensors.problem(
                    "is an adapter of version "
                            + tensors.metadata("to")
                            + "; its event is of version "
                            + version.version());
        }
        return new Adapter(
                earlier(tensors, event),
                event,
                tensors.values("mean_from", size),
                tensors.values("rotation", size, size),
                tensors.values("mean_to", size));
    }

    /** Of a promotion that says KEEP and names no file: embeddings stay as they are. */
    static Adapter keeping(CheckpointEvent event, Space earlier) {
        return new Adapter(earlier, event, new float[0], new float[0], new float[0]);
    }

    /** The file and the promotion name the earlier version; a person's promotion does not. */
    private static Space earlier(FloatTensors tensors, CheckpointEvent event) {
        String from = tensors.metadata("from");
        if (!from.matches("[1-9][0-9]{0,17}")) {
            throw tensors.problem("has from = " + from + "; expected the number of a version");
        }
        Space version = Space.of(event);
        Optional<Space> told = Space.before(event);
        String run = tensors.metadata("fromRun");
        if (run.isEmpty()) {
            run = told.map(Space::runId).orElse(version.runId());
        }
        Space earlier = new Space(version.model(), run, Long.parseLong(from));
        if (earlier.equals(version) || !told.orElse(earlier).equals(earlier)) {
            throw tensors.problem(
                    "leads from "
                            + version
                            + " to "
                            + earlier
                            + "; expected "
                            + told.map(Space::toString).orElse("another version"));
        }
        return earlier;
    }

    /** The space that embeddings are taken into. */
    public Space from() {
        return from;
    }

    /** The space that embeddings are taken out of: that of the version whose event names it. */
    public Space to() {
        return to;
    }

    /** What the promotion says of stored embeddings; ADAPT if it does not. */
    public Advice advice() {
        return advice;
    }

    /** An embedding of the version, in the space of the earlier one. */
    public float[] apply(float[] embedding) {
        int size = meanTo.length;
        if (size == 0) {
            return embedding;
        }
        double[] sums = new double[size];
        for (int i = 0; i < size; i++) {
            double shifted = (double) embedding[i] - meanTo[i];
            for (int j = 0; j < size; j++) {
                sums[j] += shifted * rotation[i * size + j];
            }
        }
        float[] adapted = new float[size];
        for (int j = 0; j < size; j++) {
            adapted[j] = (float) (sums[j] + meanFrom[j]);
        }
        return adapted;
    }
}
