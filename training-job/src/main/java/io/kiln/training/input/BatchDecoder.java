package io.kiln.training.input;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.PatchGrid;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/** Translates a batch from its record to what the model takes. */
public final class BatchDecoder {
    private BatchDecoder() {}

    /**
     * Decodes a record, without copying its pixels.
     *
     * @throws IllegalArgumentException if the record is inconsistent
     */
    public static MaskedBatch toMaskedBatch(SparseBatch batch) {
        Geometry g = batch.getGeometry();
        InputGeometry geometry =
                new InputGeometry(g.getHeight(), g.getWidth(), g.getChannels(), g.getPatch());
        if (geometry.gridHeight() != g.getGridHeight()
                || geometry.gridWidth() != g.getGridWidth()) {
            throw new IllegalArgumentException(
                    "geometry is "
                            + g
                            + "; expected a grid of "
                            + geometry.gridHeight()
                            + " x "
                            + geometry.gridWidth());
        }
        PatchGrid grid =
                PatchGrid.of(geometry, batch.getImages().size(), integers(batch.getCoordinates()));
        return new MaskedBatch(
                grid,
                sampleBytes(batch.getSampleType()),
                batch.getVisiblePatches(),
                batch.getMaskedPatches());
    }

    private static int sampleBytes(SampleType type) {
        return switch (type) {
            case UINT8 -> 1;
            case UINT16 -> 2;
            case UNKNOWN ->
                    throw new IllegalArgumentException(
                            "sampleType is none that this Kiln knows; a later one wrote it");
        };
    }

    private static int[] integers(ByteBuffer bytes) {
        if (bytes.remaining() % Integer.BYTES != 0) {
            throw new IllegalArgumentException(
                    "coordinates has "
                            + bytes.remaining()
                            + " bytes; expected little-endian int32");
        }
        IntBuffer integers = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        int[] values = new int[integers.remaining()];
        integers.get(values);
        return values;
    }
}
