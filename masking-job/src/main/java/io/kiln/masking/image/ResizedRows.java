package io.kiln.masking.image;

/**
 * Rows of a picture, resized to another width, a block of rows at a time. A block is turned as it
 * is read, so that a column of it is an array and the sum along a row one of whole arrays ({@link
 * RowSums}); only as many columns are kept as weights reach over.
 */
final class ResizedRows implements WideRows {
    private static final int C = RgbImage.CHANNELS;

    private final byte[] rgb;
    private final int origin;
    private final int stride;
    private final ResampleWeights weights;
    private final int[][] columns;
    private final int[] sums = new int[C * BLOCK];

    /**
     * @param rgb uint8 pixels, of which a row begins each stride bytes from origin on
     * @param weights of the direction along a row
     */
    ResizedRows(byte[] rgb, int origin, int stride, ResampleWeights weights) {
        this.rgb = rgb;
        this.origin = origin;
        this.stride = stride;
        this.weights = weights;
        this.columns = new int[weights.taps()][C * BLOCK];
    }

    @Override
    public void read(int row, int count, int[][] into) {
        int from = origin + row * stride;
        int read = 0;
        for (int i = 0; i < weights.outputs(); i++) {
            for (; read < weights.end(i); read++) {
                turn(from + read * C, count, columns[read % columns.length]);
            }
            RowSums.of(columns, weights, i, sums);
            turnBack(i * C, count, into);
        }
    }

    /** A pixel of each row to a column of red, one of green and one of blue. */
    private void turn(int from, int count, int[] column) {
        int at = from;
        for (int row = 0; row < count; row++) {
            column[row] = rgb[at] & 0xFF;
            column[BLOCK + row] = rgb[at + 1] & 0xFF;
            column[2 * BLOCK + row] = rgb[at + 2] & 0xFF;
            at += stride;
        }
    }

    private void turnBack(int to, int count, int[][] into) {
        for (int row = 0; row < count; row++) {
            int[] values = into[row];
            values[to] = sums[row];
            values[to + 1] = sums[BLOCK + row];
            values[to + 2] = sums[2 * BLOCK + row];
        }
    }
}
