package io.kiln.images;

/**
 * Rows of an image, resized to another width, a block of rows at a time. A block is turned as it is
 * read, so that a column of it is an array and the sum along a row one of whole arrays ({@link
 * RowSums}); only as many columns are kept as weights reach over.
 */
final class ResizedRows implements WideRows {
    private final byte[] samples;
    private final int origin;
    private final int stride;
    private final int channels;
    private final ResampleWeights weights;
    private final int[][] columns;
    private final int[] sums;

    /**
     * @param samples uint8 pixels, of which a row begins each stride bytes from origin on
     * @param weights of the direction along a row
     */
    ResizedRows(byte[] samples, int origin, int stride, int channels, ResampleWeights weights) {
        this.samples = samples;
        this.origin = origin;
        this.stride = stride;
        this.channels = channels;
        this.weights = weights;
        this.columns = new int[weights.taps()][channels * BLOCK];
        this.sums = new int[channels * BLOCK];
    }

    @Override
    public void read(int row, int count, int[][] into) {
        int from = origin + row * stride;
        int read = 0;
        for (int i = 0; i < weights.outputs(); i++) {
            for (; read < weights.end(i); read++) {
                turn(from + read * channels, count, columns[read % columns.length]);
            }
            RowSums.of(columns, weights, i, sums);
            turnBack(i * channels, count, into);
        }
    }

    /** A pixel of each row to a column of each channel. */
    private void turn(int from, int count, int[] column) {
        if (channels == Bitmap.RGB) {
            turnColours(from, count, column);
            return;
        }
        for (int channel = 0; channel < channels; channel++) {
            int at = from + channel;
            int to = channel * BLOCK;
            for (int row = 0; row < count; row++) {
                column[to + row] = samples[at] & 0xFF;
                at += stride;
            }
        }
    }

    /** The same for three channels: two thirds of the time. */
    private void turnColours(int from, int count, int[] column) {
        int at = from;
        for (int row = 0; row < count; row++) {
            column[row] = samples[at] & 0xFF;
            column[BLOCK + row] = samples[at + 1] & 0xFF;
            column[2 * BLOCK + row] = samples[at + 2] & 0xFF;
            at += stride;
        }
    }

    private void turnBack(int to, int count, int[][] into) {
        if (channels == Bitmap.RGB) {
            turnColoursBack(to, count, into);
            return;
        }
        for (int channel = 0; channel < channels; channel++) {
            for (int row = 0; row < count; row++) {
                into[row][to + channel] = sums[channel * BLOCK + row];
            }
        }
    }

    private void turnColoursBack(int to, int count, int[][] into) {
        for (int row = 0; row < count; row++) {
            int[] values = into[row];
            values[to] = sums[row];
            values[to + 1] = sums[BLOCK + row];
            values[to + 2] = sums[2 * BLOCK + row];
        }
    }
}
