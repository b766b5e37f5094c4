package io.kiln.evaluation.measures;

/**
 * Features of images, one row an image.
 *
 * @param size features of an image
 * @param values [images, size], row-major
 */
@SuppressWarnings("ArrayRecordComponent") // measured, never compared
public record Features(int size, double[] values) {
    public Features {
        if (size < 1 || values.length % size != 0) {
            throw new IllegalArgumentException(
                    values.length + " values; expected a multiple of the features, " + size);
        }
    }

    /** Rows. */
    public int images() {
        return values.length / size;
    }

    /** Feature {@code column} of image {@code row}. */
    double at(int row, int column) {
        return values[row * size + column];
    }
}
