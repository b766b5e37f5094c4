package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.layers.Pass;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.EncoderTensors;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.TimmStem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A trainer's encoder for use without a mask, in the shape that timm builds. The running statistics
 * of its batch norms are of whole images: in pretraining they are of visible patches with zeros
 * beside them. A function of the weights and the images. Valid until the next step.
 */
public final class WholeImageEncoder implements AutoCloseable {
    /** What the running statistics are of. */
    public enum Statistics {
        /** There are no batch norms. */
        NONE,
        /** Of whole images. */
        WHOLE_IMAGES,
        /** Of masked images: the given ones have a single site at the smallest scale. */
        MASKED_IMAGES
    }

    /** Images that pass through the encoder at a time, so that it takes less memory than a step. */
    private static final int CHUNK = 8;

    private final EncoderTensors encoder;
    private final Map<String, NDArray> masked;
    private final Statistics statistics;
    private final NDManager owner;

    private WholeImageEncoder(
            EncoderTensors encoder,
            Map<String, NDArray> masked,
            Statistics statistics,
            NDManager owner) {
        this.encoder = encoder;
        this.masked = masked;
        this.statistics = statistics;
        this.owner = owner;
    }

    static WholeImageEncoder of(
            NDManager manager,
            SparkModel model,
            PixelInput pixels,
            MaskedBatch recent,
            Kernels kernels) {
        NDManager owner = manager.newSubManager();
        try {
            EncoderTensors trained = EncoderTensors.of(model.architecture(), model.weights());
            Map<String, double[]> whole =
                    model.architecture().family().usesBatchNorm()
                            ? statistics(owner, model.encoder(), pixels, recent, kernels)
                            : Map.of();
            Map<String, NDArray> replaced = new LinkedHashMap<>();
            whole.forEach(
                    (name, values) -> {
                        NDArray old = trained.array(name);
                        replaced.put(
                                name,
                                NetworkTensors.create(
                                        owner, values, old.getShape(), old.getDataType()));
                    });
            Map<String, NDArray> masked = new LinkedHashMap<>();
            EncoderTensors wide = TimmStem.widen(trained, owner);
            replaced.keySet().forEach(name -> masked.put(name, wide.array(name)));
            return new WholeImageEncoder(
                    TimmStem.widen(trained.with(replaced), owner),
                    masked,
                    kind(model.architecture(), replaced.isEmpty()),
                    owner);
        } catch (RuntimeException e) {
            owner.close();
            throw e;
        }
    }

    private static Statistics kind(Architecture architecture, boolean asTrained) {
        if (!architecture.family().usesBatchNorm()) {
            return Statistics.NONE;
        }
        return asTrained ? Statistics.MASKED_IMAGES : Statistics.WHOLE_IMAGES;
    }

    /** Mean over the images of what chunks of them show; empty if none has two sites. */
    private static Map<String, double[]> statistics(
            NDManager owner,
            Encoder encoder,
            PixelInput pixels,
            MaskedBatch batch,
            Kernels kernels) {
        Map<String, double[]> sums = new LinkedHashMap<>();
        int counted = 0;
        for (int first = 0; first < batch.grid().images(); first += CHUNK) {
            int images = Math.min(CHUNK, batch.grid().images() - first);
            PatchGrid grid = PatchGrid.dense(batch.grid().geometry(), images);
            if (grid.sites(InputGeometry.STRIDE) < 2) {
                continue;
            }
            try (NDManager scratch = owner.newSubManager()) {
                Operators operators = new Operators(scratch, false, kernels);
                Pass pass = Pass.calibration(operators, grid, 1);
                encoder.maps(pixels.whole(batch, first, images, operators), pass);
                pass.statistics().forEach((name, array) -> add(sums, name, array, images));
            }
            counted += images;
        }
        double all = counted;
        sums.values().forEach(sum -> Arrays.setAll(sum, i -> sum[i] / all));
        return sums;
    }

    private static void add(Map<String, double[]> sums, String full, NDArray array, int images) {
        String name = full.substring(Encoder.PREFIX.length() + 1);
        double[] values = NetworkTensors.doubles(array);
        double[] sum = sums.computeIfAbsent(name, n -> new double[values.length]);
        for (int i = 0; i < values.length; i++) {
            sum[i] += images * values[i];
        }
    }

    /** The encoder, for {@link io.kiln.model.weights.EncoderExport} and TorchScript. */
    public EncoderTensors tensors() {
        return encoder;
    }

    /**
     * The running statistics of masked images that the encoder's are in the place of, by their
     * official names; empty where it has those it was trained with.
     */
    public Map<String, NDArray> maskedStatistics() {
        return masked;
    }

    /** What the encoder's running statistics are of. */
    public Statistics statistics() {
        return statistics;
    }

    /** Gives back what was made for it. */
    @Override
    public void close() {
        owner.close();
    }
}
