package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.Patches;
import io.kiln.model.batch.Reconstruction;
import io.kiln.model.batch.TrainingBatch;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Samples to normalised pixels, and back. */
final class PixelInput {
    private static final int GREY = 127;

    private final Normalisation normalisation;
    private final NDArray mean;
    private final NDArray std;

    PixelInput(NDManager manager, Normalisation normalisation, Precision precision) {
        this.normalisation = normalisation;
        Shape shape = new Shape(normalisation.channels());
        this.mean =
                NetworkTensors.create(
                        manager, unboxed(normalisation.mean()), shape, precision.dataType());
        this.std =
                NetworkTensors.create(
                        manager, unboxed(normalisation.std()), shape, precision.dataType());
    }

    private static double[] unboxed(java.util.List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The pixels of a batch as the network reads them. */
    Patches patches(TrainingBatch batch, Operators operators) {
        if (batch instanceof NormalisedBatch normalised) {
            return normalised.toPatches(operators.manager(), mean.getDataType());
        }
        MaskedBatch bytes = (MaskedBatch) batch;
        int values = batch.grid().geometry().patchValues();
        return new Patches(
                normalised(bytes.visiblePatches(), bytes.sampleBytes(), values, operators),
                normalised(bytes.maskedPatches(), bytes.sampleBytes(), values, operators));
    }

    /**
     * Whole images of a batch, as an encoder without a mask reads them.
     *
     * @param first number of the first image
     * @param images how many
     * @return [patches of the images · patch², channels]
     */
    NDArray whole(MaskedBatch batch, int first, int images, Operators operators) {
        InputGeometry geometry = batch.grid().geometry();
        int patchBytes = geometry.patchValues() * batch.sampleBytes();
        int begin = first * geometry.patches();
        ByteBuffer patches = ByteBuffer.allocateDirect(images * geometry.patches() * patchBytes);
        copyPatches(
                batch.visiblePatches(), batch.grid().activePatches(), begin, patchBytes, patches);
        copyPatches(
                batch.maskedPatches(), batch.grid().maskedPatches(), begin, patchBytes, patches);
        return normalised(patches, batch.sampleBytes(), geometry.patchValues(), operators)
                .reshape(-1, geometry.channels());
    }

    private static void copyPatches(
            ByteBuffer source, int[] cells, int begin, int patchBytes, ByteBuffer target) {
        int end = begin + target.capacity() / patchBytes;
        for (int i = 0; i < cells.length; i++) {
            if (cells[i] >= begin && cells[i] < end) {
                ByteBuffer patch = source.slice(source.position() + i * patchBytes, patchBytes);
                target.put((cells[i] - begin) * patchBytes, patch, 0, patchBytes);
            }
        }
    }

    private NDArray normalised(
            ByteBuffer bytes, int sampleBytes, int patchValues, Operators operators) {
        int patches = bytes.remaining() / (patchValues * sampleBytes);
        long channels = normalisation.channels();
        long count = (long) patches * patchValues / channels;
        boolean wide = sampleBytes == 2;
        Shape pixels = wide ? new Shape(count, channels, 2) : new Shape(count, channels);
        String operator = wide ? "normalise_uint16" : "normalise";
        try (NDArray raw = operators.manager().create(direct(bytes), pixels, DataType.UINT8)) {
            return operators.one(operator, raw, mean, std).reshape(patches, patchValues);
        }
    }

    private static ByteBuffer direct(ByteBuffer bytes) {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining());
        direct.put(bytes.duplicate()).flip();
        return direct;
    }

    /**
     * Images of a batch.
     *
     * @param drawn [images, height, width, channels], normalised: the input with the network's
     *     guess on masked patches
     */
    Reconstruction reconstruction(MaskedBatch batch, NDArray drawn) {
        PatchGrid grid = batch.grid();
        InputGeometry geometry = grid.geometry();
        byte[] input =
                new byte
                        [grid.images()
                                * geometry.height()
                                * geometry.width()
                                * geometry.channels()
                                * batch.sampleBytes()];
        byte[] masked = new byte[input.length];
        Arrays.fill(masked, (byte) GREY);
        int pixel = geometry.channels() * batch.sampleBytes();
        place(batch.visiblePatches(), grid.activePatches(), geometry, pixel, input);
        place(batch.visiblePatches(), grid.activePatches(), geometry, pixel, masked);
        place(batch.maskedPatches(), grid.maskedPatches(), geometry, pixel, input);
        return new Reconstruction(
                geometry,
                grid.images(),
                batch.sampleBytes(),
                input,
                masked,
                samples(NetworkTensors.doubles(drawn), batch.sampleBytes()));
    }

    private static void place(
            ByteBuffer patches, int[] cells, InputGeometry geometry, int pixel, byte[] images) {
        int line = geometry.patch() * pixel;
        int rowBytes = geometry.width() * pixel;
        for (int i = 0; i < cells.length; i++) {
            int gridRow = cells[i] / geometry.gridWidth();
            int gridColumn = cells[i] % geometry.gridWidth();
            for (int y = 0; y < geometry.patch(); y++) {
                int source = patches.position() + (i * geometry.patch() + y) * line;
                int target = (gridRow * geometry.patch() + y) * rowBytes + gridColumn * line;
                patches.get(source, images, target, line);
            }
        }
    }

    private byte[] samples(double[] values, int sampleBytes) {
        int channels = normalisation.channels();
        int most = sampleBytes == 1 ? 0xff : 0xffff;
        byte[] samples = new byte[values.length * sampleBytes];
        for (int i = 0; i < values.length; i++) {
            int channel = i % channels;
            double pixel =
                    values[i] * normalisation.std().get(channel)
                            + normalisation.mean().get(channel);
            int rounded = (int) Math.max(0, Math.min(most, Math.round(pixel * most)));
            for (int b = 0; b < sampleBytes; b++) {
                samples[i * sampleBytes + b] = (byte) (rounded >> 8 * b);
            }
        }
        return samples;
    }
}
