package io.kiln.images;

import java.nio.ByteOrder;

/**
 * How the samples of a TIFF lie in its strips or tiles.
 *
 * @param width columns of the image
 * @param height rows of the image
 * @param samples a pixel in a strip or tile; 1 where each sample has a plane of its own
 * @param planes that are decoded, from the first on; 1 where all samples lie together
 * @param bits of a sample, 1 to 64
 * @param partWidth columns of a tile; of a strip those of the image
 * @param partHeight rows of a tile or strip
 * @param tiled whether the last row of parts is stored whole, as that of tiles is
 * @param reversed whether a byte's least significant bit comes first
 */
record TiffLayout(
        int width,
        int height,
        int samples,
        int planes,
        int bits,
        TiffNumbers numbers,
        int partWidth,
        int partHeight,
        boolean tiled,
        TiffCompression compression,
        TiffPredictor predictor,
        boolean reversed,
        ByteOrder order) {
    private static final long MOST_BYTES = Integer.MAX_VALUE - 8L;

    int across() {
        return (width + partWidth - 1) / partWidth;
    }

    int down() {
        return (height + partHeight - 1) / partHeight;
    }

    /** Strips or tiles in a plane. */
    int partsInPlane() {
        return across() * down();
    }

    /** Whether decoded samples are float32, not unsigned numbers of up to 16 bits. */
    boolean isCarriedAsFloat() {
        return numbers.isCarriedAsFloat(bits);
    }

    /** Bytes of a decoded sample. */
    int sampleBytes() {
        return isCarriedAsFloat() ? 4 : bits > 8 ? 2 : 1;
    }

    /** Samples of a decoded pixel. */
    int pixelSamples() {
        return samples * planes;
    }

    /** Bytes of a row of a strip or tile; each begins with a byte of its own. */
    long rowBytes() {
        return ((long) partWidth * samples * bits + 7) / 8;
    }

    /** Bytes of a whole strip or tile. */
    long partBytes() {
        return rowBytes() * partHeight;
    }

    /**
     * @throws BadImageException TOO_MANY_PIXELS if no array holds a part or all samples
     */
    TiffLayout requireArrays() throws BadImageException {
        long bytesInAll = (long) width * height * pixelSamples() * sampleBytes();
        if (Math.max(partBytes(), bytesInAll) > MOST_BYTES || (long) width * height < 0) {
            throw TiffParser.bad(
                    ImageDefect.TOO_MANY_PIXELS,
                    "of %d x %d pixels of %d samples of %d bits takes more than 2 GiB"
                            .formatted(width, height, pixelSamples(), bits));
        }
        return this;
    }

    /** Rows that the strips or tiles in a row of them hold. */
    int storedRows(int partRow) {
        return tiled ? partHeight : imageRows(partRow);
    }

    /** Those of them that are part of the image. */
    int imageRows(int partRow) {
        return Math.min(partHeight, height - partRow * partHeight);
    }
}
