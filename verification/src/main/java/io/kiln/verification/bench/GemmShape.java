package io.kiln.verification.bench;

/**
 * Shape of a product of rows [batch, rows, inner] by a weight [batch, inner, columns].
 *
 * @param batch products of this shape
 * @param rows of the first factor
 * @param inner channels that are summed over
 * @param columns of the result
 */
public record GemmShape(int batch, int rows, int inner, int columns) {
    /** Multiplications of one product of the batch. */
    public long multiplications() {
        return (long) rows * inner * columns;
    }

    @Override
    public String toString() {
        return (batch == 1 ? "" : batch + " × ") + rows + " × " + inner + " × " + columns;
    }
}
