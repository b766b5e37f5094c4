package io.kiln.evaluation.images;

import io.kiln.schemas.Geometry;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An image put together from its patches, active and masked.
 *
 * @param geometry of the image
 * @param sampleBytes of a sample: 1 or 2, little-endian
 * @param samples [height, width, channels]
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record WholeImage(Geometry geometry, int sampleBytes, byte[] samples) {
    static WholeImage of(SparseBatch one) {
        Geometry g = one.getGeometry();
        int sampleBytes = one.getSampleType() == SampleType.UINT16 ? 2 : 1;
        WholeImage image =
                new WholeImage(
                        g,
                        sampleBytes,
                        new byte[g.getHeight() * g.getWidth() * g.getChannels() * sampleBytes]);
        boolean[] active = new boolean[g.getGridHeight() * g.getGridWidth()];
        ByteBuffer rows = one.getCoordinates().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        while (rows.hasRemaining()) {
            rows.getInt();
            active[rows.getInt() * g.getGridWidth() + rows.getInt()] = true;
        }
        ByteBuffer visible = one.getVisiblePatches().duplicate();
        ByteBuffer masked = one.getMaskedPatches().duplicate();
        for (int cell = 0; cell < active.length; cell++) {
            image.place(cell, active[cell] ? visible : masked);
        }
        return image;
    }

    private void place(int cell, ByteBuffer patches) {
        int pixel = geometry.getChannels() * sampleBytes;
        int line = geometry.getPatch() * pixel;
        int top = cell / geometry.getGridWidth() * geometry.getPatch();
        int left = cell % geometry.getGridWidth() * geometry.getPatch();
        for (int row = 0; row < geometry.getPatch(); row++) {
            patches.get(samples, ((top + row) * geometry.getWidth() + left) * pixel, line);
        }
    }
}
