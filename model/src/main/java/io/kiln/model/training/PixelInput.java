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

/** Bytes to normalised pixels, and back. */
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
                normalised(bytes.visiblePatches(), values, operators),
                normalised(bytes.maskedPatches(), values, operators));
    }

    private NDArray normalised(ByteBuffer bytes, int patchValues, Operators operators) {
        int patches = bytes.remaining() / patchValues;
        Shape pixels =
                new Shape(
                        (long) patches * patchValues / normalisation.channels(),
                        normalisation.channels());
        try (NDArray raw = operators.manager().create(direct(bytes), pixels, DataType.UINT8)) {
            return operators.one("normalise", raw, mean, std).reshape(patches, patchValues);
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
                                * geometry.channels()];
        byte[] masked = new byte[input.length];
        Arrays.fill(masked, (byte) GREY);
        place(batch.visiblePatches(), grid.activePatches(), geometry, input);
        place(batch.visiblePatches(), grid.activePatches(), geometry, masked);
        place(batch.maskedPatches(), grid.maskedPatches(), geometry, input);
        return new Reconstruction(
                geometry,
                grid.images(),
                input,
                masked,
                bytes(NetworkTensors.doubles(drawn), geometry));
    }

    private static void place(
            ByteBuffer patches, int[] cells, InputGeometry geometry, byte[] images) {
        int line = geometry.patch() * geometry.channels();
        int rowBytes = geometry.width() * geometry.channels();
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

    private byte[] bytes(double[] values, InputGeometry geometry) {
        int channels = geometry.channels();
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            int channel = i % channels;
            double pixel =
                    values[i] * normalisation.std().get(channel)
                            + normalisation.mean().get(channel);
            long rounded = Math.round(pixel * 255);
            bytes[i] = (byte) Math.max(0, Math.min(255, rounded));
        }
        return bytes;
    }
}
