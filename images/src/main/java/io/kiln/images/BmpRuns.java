package io.kiln.images;

import java.util.Arrays;

/**
 * The rows of a BMP that is compressed by runs (RLE4 and RLE8), with an index a byte. What no run
 * reaches is the first colour; what reaches beyond a row is left out.
 */
final class BmpRuns {
    private static final int END_OF_ROW = 0;
    private static final int END = 1;
    private static final int MOVE = 2;

    private final BmpImage image;
    private final byte[] bytes;
    private final int stride;
    private final byte[] rows;
    private int at;
    private int x;
    private int y;

    BmpRuns(BmpImage image) {
        this.image = image;
        this.bytes = image.bytes();
        this.stride = (int) BmpImage.rowBytes(image.width(), 8);
        this.rows = new byte[Math.multiplyExact(stride, image.height())];
        this.at = image.rows();
    }

    /** Rows as they are stored, from the lowest on, each padded to four bytes. */
    byte[] rows() {
        while (y < image.height() && at + 1 < bytes.length) {
            int count = bytes[at++] & 0xFF;
            int value = bytes[at++] & 0xFF;
            if (count > 0) {
                run(count, value);
            } else if (value == END_OF_ROW) {
                x = 0;
                y++;
            } else if (value == END) {
                break;
            } else if (value == MOVE) {
                x += next();
                y += next();
            } else {
                plain(value);
            }
        }
        return rows;
    }

    private int next() {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    private void run(int count, int value) {
        if (image.compression() == BmpImage.RLE8) {
            int from = Math.min(x, image.width());
            int to = Math.min(x + count, image.width());
            Arrays.fill(rows, y * stride + from, y * stride + to, (byte) value);
            x += count;
            return;
        }
        for (int i = 0; i < count; i++) {
            put(i % 2 == 0 ? value >> 4 : value & 15);
        }
    }

    /** Indexes one by one, padded to two bytes. */
    private void plain(int count) {
        boolean halves = image.compression() == BmpImage.RLE4;
        int value = 0;
        for (int i = 0; i < count; i++) {
            if (!halves) {
                put(next());
            } else {
                value = i % 2 == 0 ? next() : value;
                put(i % 2 == 0 ? value >> 4 : value & 15);
            }
        }
        int stored = halves ? (count + 1) / 2 : count;
        at += stored & 1;
    }

    private void put(int index) {
        if (x < image.width()) {
            rows[y * stride + x] = (byte) index;
        }
        x++;
    }
}
