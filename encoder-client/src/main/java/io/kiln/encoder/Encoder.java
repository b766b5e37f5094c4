package io.kiln.encoder;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.InputSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** One version's encoder with the preparation of its images. Thread-safe until it is closed. */
public final class Encoder implements AutoCloseable {
    private static final String SUFFIX = ".pt";

    /**
     * TorchScript observes the first run and compiles in the second; the third is like any other.
     */
    private static final int FIRST_RUNS = 3;

    private final CheckpointEvent event;
    private final Preparation preparation;
    private final Model model;
    private final List<Adapter> adapters;
    private final Space space;

    private Encoder(
            CheckpointEvent event, Preparation preparation, Model model, List<Adapter> adapters) {
        this.event = event;
        this.preparation = preparation;
        this.model = model;
        this.adapters = List.copyOf(adapters);
        this.space = space(event, adapters);
    }

    private static Space space(CheckpointEvent event, List<Adapter> adapters) {
        Space reached = Space.of(event);
        for (Adapter adapter : adapters) {
            if (!adapter.to().equals(reached)) {
                throw new EncoderException(
                        "an adapter of "
                                + adapter.to()
                                + " cannot follow; expected one of "
                                + reached);
            }
            reached = adapter.from();
        }
        return reached;
    }

    /**
     * Opens an encoder and runs it a few times, so that one which cannot run is never given out,
     * and that the first calls take no longer than others.
     *
     * @param event of its version
     * @param torchscript the event's file of role TORCHSCRIPT, verified; its name ends in .pt. Not
     *     needed any more when this returns
     * @throws EncoderException if the file cannot be loaded, also for want of memory, or gives
     *     other embeddings than the event says
     */
    public static Encoder open(CheckpointEvent event, Path torchscript) {
        return open(event, torchscript, List.of());
    }

    /**
     * Opens an encoder whose embeddings adapters take into another space.
     *
     * @param adapters in the order they are applied; the first is of the event's version, each
     *     other one of the version that the one before leads to
     * @throws EncoderException as above, or if the adapters do not follow each other
     */
    public static Encoder open(CheckpointEvent event, Path torchscript, List<Adapter> adapters) {
        Preparation preparation = new Preparation(event.getInput());
        Path file = torchscript.toAbsolutePath();
        String name = Objects.requireNonNull(file.getFileName()).toString();
        if (!name.endsWith(SUFFIX)) {
            throw new EncoderException(file + " is no TorchScript; expected a name in " + SUFFIX);
        }
        Model model = Model.newInstance(name, "PyTorch");
        try {
            model.load(file.getParent(), name.substring(0, name.length() - SUFFIX.length()));
            Encoder encoder = new Encoder(event, preparation, model, adapters);
            int found = 0;
            for (int i = 0; i < FIRST_RUNS; i++) {
                found = encoder.run(new float[preparation.values()], 1).get(0).length;
            }
            if (found != event.getEmbeddingSize()) {
                throw new EncoderException(
                        file
                                + " gives embeddings of "
                                + found
                                + " values; its event says "
                                + event.getEmbeddingSize());
            }
            return encoder;
        } catch (IOException
                | MalformedModelException
                | RuntimeException
                | LinkageError
                | OutOfMemoryError e) {
            model.close();
            throw e instanceof EncoderException known
                    ? known
                    : new EncoderException(file + " cannot be loaded: " + Problems.text(e), e);
        }
    }

    /** What the encoder's version was announced with. */
    public CheckpointEvent event() {
        return event;
    }

    /** Where the embeddings lie: in the version's own space, or where the adapters lead. */
    public Space space() {
        return space;
    }

    /**
     * Embeds images: decodes them, fits them to the encoder's input, and runs the encoder over all
     * of them at once.
     *
     * @param images encoded, as their files are
     * @throws UnusableImageException if one cannot be used; none is embedded then
     * @throws EncoderException if the encoder cannot run
     */
    public Embeddings embed(List<byte[]> images) {
        List<float[]> values =
                images.isEmpty() ? List.of() : run(preparation.prepare(images), images.size());
        return new Embeddings(
                event.getModel(),
                event.getRunId(),
                event.getVersion(),
                space,
                values.stream().map(this::adapted).toList());
    }

    private float[] adapted(float[] embedding) {
        float[] adapted = embedding;
        for (Adapter adapter : adapters) {
            adapted = adapter.apply(adapted);
        }
        return adapted;
    }

    private List<float[]> run(float[] pixels, int images) {
        InputSpec input = event.getInput();
        Shape shape = new Shape(images, input.getChannels(), input.getHeight(), input.getWidth());
        try (NDManager manager = model.getNDManager().newSubManager();
                Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
                NDList output = predictor.predict(new NDList(manager.create(pixels, shape)))) {
            NDArray embeddings = output.get(output.size() - 1);
            float[] all = embeddings.toFloatArray();
            int size = all.length / images;
            List<float[]> values = new ArrayList<>();
            for (int i = 0; i < images; i++) {
                values.add(Arrays.copyOfRange(all, i * size, (i + 1) * size));
            }
            return values;
        } catch (TranslateException e) {
            throw new EncoderException(
                    "version " + event.getVersion() + " cannot run: " + e.getMessage(), e);
        }
    }

    /** Whether it has its memory yet. */
    boolean isOpen() {
        return model.getNDManager().isOpen();
    }

    /** Gives the encoder's memory back. */
    @Override
    public void close() {
        model.close();
    }
}
