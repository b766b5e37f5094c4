package io.kiln.images;

/**
 * The difference hash (dHash) of N. Krawetz ("Kind of Like That", hackerfactor.com, 2013). Each of
 * 64 bits says whether one of 8 rows of 9 grey cells is darker than its right neighbour.
 */
public final class DifferenceHash {
    /** Rows of cells. */
    public static final int ROWS = 8;

    /** Cells of a row. */
    public static final int COLUMNS = 9;

    private DifferenceHash() {}

    /** The grey cells of an image. */
    public interface Cells {
        /** How light a cell is. */
        double grey(int row, int column);
    }

    /** 64 bits in row-major order, the first cell in the highest bit. */
    public static long of(Cells cells) {
        long bits = 0;
        for (int row = 0; row < ROWS; row++) {
            double left = cells.grey(row, 0);
            for (int column = 1; column < COLUMNS; column++) {
                double right = cells.grey(row, column);
                bits = bits << 1 | (left < right ? 1 : 0);
                left = right;
            }
        }
        return bits;
    }
}
