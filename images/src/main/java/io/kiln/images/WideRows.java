package io.kiln.images;

/** Gives rows of an image in blocks, a value of 0 to 255 to an int. */
interface WideRows {
    /**
     * Most rows at a time: as long a row of {@link ResizedRows}' columns as stays in the first
     * cache with all that it is summed with, and a multiple of what vector instructions take.
     */
    int BLOCK = 48;

    /**
     * Reads rows.
     *
     * @param row the first
     * @param count of rows, at most {@link #BLOCK}
     * @param into int [count][width * channels]; overwritten
     */
    void read(int row, int count, int[][] into);
}
