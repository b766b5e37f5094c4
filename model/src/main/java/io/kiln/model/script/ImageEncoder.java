package io.kiln.model.script;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.EncoderExport;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.WeightFileException;
import io.kiln.model.weights.WeightImport;
import io.kiln.model.weights.WeightNames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A pretrained encoder for use: whole images in, features out; no mask, norms with their running
 * statistics. Thread-safe, but for {@link #recalibrate}.
 */
public final class ImageEncoder implements AutoCloseable {
    private final Architecture architecture;
    private final NDManager manager;
    private final Weights weights;
    private final Encoder encoder;
    private final Map<String, String> metadata;

    /**
     * Features of one stage.
     *
     * @param values [images, channels, height, width]
     */
    @SuppressWarnings("ArrayRecordComponent") // handed out once, never compared
    public record FeatureMap(int images, int channels, int height, int width, float[] values) {
        /** Mean over an image's positions, a value a channel. */
        public double[] means(int image) {
            int positions = height * width;
            double[] means = new double[channels];
            for (int channel = 0; channel < channels; channel++) {
                int from = (image * channels + channel) * positions;
                double sum = 0;
                for (int i = from; i < from + positions; i++) {
                    sum += values[i];
                }
                means[channel] = sum / positions;
            }
            return means;
        }
    }

    private ImageEncoder(
            Architecture architecture,
            NDManager manager,
            Weights weights,
            Encoder encoder,
            Map<String, String> metadata) {
        this.architecture = architecture;
        this.manager = manager;
        this.weights = weights;
        this.encoder = encoder;
        this.metadata = new LinkedHashMap<>(metadata);
    }

    /**
     * Opens an encoder that Kiln exported, whatever its weights are called.
     *
     * @throws WeightFileException if the file was not exported by Kiln, or is damaged
     * @throws IOException if it cannot be read
     */
    public static ImageEncoder open(Path file) throws IOException {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            Family family = architecture(tensors).family();
            return open(file, WeightNames.detect(family, tensors).orElse(WeightNames.TIMM));
        }
    }

    /**
     * Opens an encoder that Kiln exported; its architecture stands in the file.
     *
     * @throws WeightFileException if the file was not exported by Kiln, or is damaged
     * @throws IOException if it cannot be read
     */
    public static ImageEncoder open(Path file, WeightNames names) throws IOException {
        return open(file, names, Libtorch.load().newBaseManager());
    }

    /**
     * Opens an encoder of a checkpoint on a device.
     *
     * @param device cpu, gpu or gpu:N
     * @throws WeightFileException if the file was not exported by Kiln, or is damaged
     * @throws IOException if it cannot be read
     */
    public static ImageEncoder open(Path file, WeightNames names, String device)
            throws IOException {
        return open(file, names, Libtorch.load().newBaseManager(Libtorch.device(device)));
    }

    private static ImageEncoder open(Path file, WeightNames names, NDManager manager)
            throws IOException {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            Architecture architecture = architecture(tensors);
            Weights weights = new Weights(manager, Precision.FP32.dataType(), 0);
            Encoder encoder = Encoder.of(architecture, weights);
            WeightImport.load(tensors, architecture, weights, WeightImport.Scope.ENCODER, names);
            return new ImageEncoder(architecture, manager, weights, encoder, tensors.metadata());
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static Architecture architecture(SafeTensorsFile file) {
        String json = file.metadata().get("architecture");
        if (json == null) {
            throw new WeightFileException(
                    file.path()
                            + " does not say its architecture; expected an encoder exported by Kiln");
        }
        return Architecture.fromJson(json);
    }

    /**
     * Features of whole images.
     *
     * @param geometry their sizes, multiples of 32
     * @param pixels [images, channels, height, width], normalised
     * @return by stage, at strides 4, 8, 16, 32
     */
    public List<FeatureMap> features(InputGeometry geometry, int images, float[] pixels) {
        requirePixels(geometry, images, pixels);
        try (NDManager scratch = manager.newSubManager()) {
            Operators operators = new Operators(scratch);
            Pass pass = Pass.inference(operators, PatchGrid.dense(geometry, images));
            return encoder.maps(rows(geometry, images, pixels, operators), pass).stream()
                    .map(ImageEncoder::featureMap)
                    .toList();
        }
    }

    private void requirePixels(InputGeometry geometry, int images, float[] pixels) {
        long expected = (long) images * geometry.channels() * geometry.height() * geometry.width();
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
    }

    /** Pixels as the encoder takes them, [patches · patch², channels]. */
    private static NDArray rows(
            InputGeometry geometry, int images, float[] pixels, Operators operators) {
        Shape shape = new Shape(images, geometry.channels(), geometry.height(), geometry.width());
        NDArray planes = operators.manager().create(pixels, shape);
        return operators
                .one(
                        "patchify",
                        operators.one("sites", planes),
                        geometry.gridHeight(),
                        geometry.gridWidth())
                .reshape(-1, geometry.channels());
    }

    /**
     * Replaces the running statistics of the batch norms by the average of what whole images show;
     * weights stay as they are. Pretraining saw the kept patches alone, with zeros beside them, and
     * its statistics are of those: of whole images they differ. Changes nothing in an encoder
     * without batch norms. Must not run beside anything else on this encoder.
     *
     * @param batches each {@code images} whole images as {@link #features} takes them; all weigh
     *     the same, as in torch.optim.swa_utils.update_bn
     * @return how many batches there were
     * @throws IllegalArgumentException if there is none, or a batch has one site at the smallest
     *     scale, over which batch statistics do not exist
     */
    public int recalibrate(InputGeometry geometry, int images, Iterator<float[]> batches) {
        PatchGrid grid = PatchGrid.dense(geometry, images);
        if (grid.sites(InputGeometry.STRIDE) < 2) {
            throw new IllegalArgumentException(
                    images
                            + " images of "
                            + geometry
                            + " have a single site at stride 32; expected more images or larger ones");
        }
        int seen = 0;
        while (batches.hasNext()) {
            float[] pixels = batches.next();
            requirePixels(geometry, images, pixels);
            try (NDManager scratch = manager.newSubManager()) {
                Operators operators = new Operators(scratch);
                seen++;
                Pass pass = Pass.calibration(operators, grid, 1.0 / seen);
                encoder.maps(rows(geometry, images, pixels, operators), pass);
                pass.adoptStatistics();
            }
        }
        if (seen == 0) {
            throw new IllegalArgumentException("no images to recalibrate with; expected a batch");
        }
        int batchesSeen = seen;
        weights.statistics().forEach(statistics -> statistics.batches(batchesSeen));
        return seen;
    }

    /**
     * Writes the weights as safetensors, with the metadata they came with.
     *
     * @param names what the weights are called
     */
    public void exportSafeTensors(OutputStream out, WeightNames names) throws IOException {
        EncoderExport.write(out, EncoderTensors.of(architecture, weights), names, metadata);
    }

    /**
     * Writes a TorchScript archive that torch.jit.load and DJL run: images [images, channels,
     * height, width], normalised, to features at strides 4, 8, 16, 32 and the embedding. The
     * metadata are in it as the extra file metadata.json.
     *
     * @param names what the module's parameters are called
     */
    public void exportTorchScript(OutputStream out, WeightNames names) throws IOException {
        EncoderScript.write(out, EncoderTensors.of(architecture, weights), names, metadata);
    }

    private static FeatureMap featureMap(NDArray map) {
        long[] sizes = map.getShape().getShape();
        return new FeatureMap(
                (int) sizes[0], (int) sizes[1], (int) sizes[2], (int) sizes[3], map.toFloatArray());
    }

    /** What its file says of it: where it comes from, its step, its input. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
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
