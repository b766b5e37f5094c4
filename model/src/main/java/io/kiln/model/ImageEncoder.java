package io.kiln.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Encoder;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A pretrained encoder for use: whole images in, features out; no mask, norms with their running
 * statistics. Thread-safe.
 */
public final class ImageEncoder implements AutoCloseable {
    private final Architecture architecture;
    private final NDManager manager;
    private final Encoder encoder;

    /**
     * Features of one stage.
     *
     * @param values [images, channels, height, width]
     */
    @SuppressWarnings("ArrayRecordComponent") // handed out once, never compared
    public record FeatureMap(int images, int channels, int height, int width, float[] values) {}

    private ImageEncoder(Architecture architecture, NDManager manager, Encoder encoder) {
        this.architecture = architecture;
        this.manager = manager;
        this.encoder = encoder;
    }

    /**
     * Opens an encoder that Kiln exported; its architecture stands in the file.
     *
     * @throws WeightFileException if the file was not exported by Kiln, or is damaged
     * @throws IOException if it cannot be read
     */
    public static ImageEncoder open(Path file, WeightNames names) throws IOException {
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager();
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            String json = tensors.metadata().get("architecture");
            if (json == null) {
                throw new WeightFileException(
                        file
                                + " does not say its architecture; expected an encoder exported by Kiln");
            }
            Architecture architecture = Architecture.fromJson(json);
            Weights weights = new Weights(manager, Precision.FP32.dataType(), 0);
            Encoder encoder = Encoder.of(architecture, weights);
            WeightImport.load(
                    tensors, architecture.family(), weights, WeightImport.Scope.ENCODER, names);
            return new ImageEncoder(architecture, manager, encoder);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Features of whole images.
     *
     * @param geometry their sizes, multiples of 32
     * @param pixels [images, channels, height, width], normalised
     * @return by stage, at strides 4, 8, 16, 32
     */
    public List<FeatureMap> features(InputGeometry geometry, int images, float[] pixels) {
        int expected = images * geometry.channels() * geometry.height() * geometry.width();
        if (geometry.channels() != architecture.channels() || pixels.length != expected) {
            throw new IllegalArgumentException(
                    pixels.length
                            + " values for "
                            + images
                            + " images of "
                            + geometry
                            + " with "
                            + geometry.channels()
                            + " channels; the encoder takes "
                            + architecture.channels()
                            + " channels");
        }
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = new Operators(scratch);
            Pass pass = Pass.inference(operators, PatchGrid.dense(geometry, images));
            Shape shape =
                    new Shape(images, geometry.channels(), geometry.height(), geometry.width());
            NDArray patches =
                    operators.one(
                            "patchify",
                            scratch.create(pixels, shape),
                            geometry.gridHeight(),
                            geometry.gridWidth());
            return encoder.maps(patches.reshape(-1, geometry.channels()), pass).stream()
                    .map(ImageEncoder::featureMap)
                    .toList();
        }
    }

    private static FeatureMap featureMap(NDArray map) {
        long[] sizes = map.getShape().getShape();
        return new FeatureMap(
                (int) sizes[0], (int) sizes[1], (int) sizes[2], (int) sizes[3], map.toFloatArray());
    }

    /** Which network it is. */
    public Architecture architecture() {
        return architecture;
    }

    @Override
    public void close() {
        manager.close();
    }
}
