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
public record WholeImage(Geometry geometry, int sampleBytes, byte[] samples) {
    /** Puts the one image of a record together. */
    public static WholeImage of(SparseBatch one) {
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

    /** Rows. */
    public int height() {
        return geometry.getHeight();
    }

    /** Columns. */
    public int width() {
        return geometry.getWidth();
    }

    /** Values of a pixel. */
    public int channels() {
        return geometry.getChannels();
    }

    /** A sample as a share of the highest value that it can have, 0 to 1. */
    public double sample(int y, int x, int channel) {
        int at = ((y * width() + x) * channels() + channel) * sampleBytes;
        int low = samples[at] & 0xff;
        return sampleBytes == 1 ? low / 255.0 : (low | (samples[at + 1] & 0xff) << 8) / 65535.0;
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
