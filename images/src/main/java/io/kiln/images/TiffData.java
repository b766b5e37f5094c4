package io.kiln.images;

import java.nio.ByteOrder;

/** Reads the samples of a TIFF out of its strips or tiles, of which it holds one at a time. */
final class TiffData {
    /** Takes samples that lie side by side in a row of the image. */
    interface Samples {
        /**
         * @param samples [columns, samples of a pixel in a strip or tile]; overwritten by the next
         * @param pixel where they begin: row times width plus column
         * @param plane that they are of; 0 where all samples lie together
         */
        void take(int[] samples, int columns, int pixel, int plane);
    }

    /** Most columns that are unpacked at a time; so many begin with a byte, whatever their bits. */
    private static final int COLUMNS = 1024;

    private final byte[] bytes;
    private final TiffLayout layout;
    private final long[] offsets;
    private final long[] lengths;
    private final long fill;

    /**
     * @param offsets of strips or tiles, plane by plane; a part at 0 of length 0 is not stored
     * @param lengths of their data; all lie inside the bytes
     * @param fill the bits of samples that are not stored
     */
    TiffData(byte[] bytes, TiffLayout layout, long[] offsets, long[] lengths, long fill) {
        this.bytes = bytes;
        this.layout = layout;
        this.offsets = offsets;
        this.lengths = lengths;
        this.fill = fill;
    }

    /** Bytes that reading holds. */
    static long heldBytes(TiffLayout layout) {
        return layout.partBytes() + 4L * Math.min(layout.width(), COLUMNS) * layout.samples();
    }

    /** Reads plane by plane, strip by strip or tile by tile. */
    void read(Samples target) throws BadImageException {
        byte[] part = new byte[(int) layout.partBytes()];
        int[] samples = new int[Math.min(layout.width(), COLUMNS) * layout.samples()];
        for (int index = 0; index < offsets.length; index++) {
            int inPlane = index % layout.partsInPlane();
            int partRow = inPlane / layout.across();
            readPart(index, layout.storedRows(partRow), part);
            int left = inPlane % layout.across() * layout.partWidth();
            for (int y = 0; y < layout.imageRows(partRow); y++) {
                int row = partRow * layout.partHeight() + y;
                int pixel = row * layout.width() + left;
                int columns = Math.min(layout.partWidth(), layout.width() - left);
                for (int x = 0; x < columns; x += COLUMNS) {
                    int count = Math.min(COLUMNS, columns - x);
                    unpack(part, y, x, count, samples);
                    target.take(samples, count, pixel + x, index / layout.partsInPlane());
                }
            }
        }
    }

    private void unpack(byte[] part, int y, int x, int columns, int[] samples) {
        long bits = (long) x * layout.samples() * layout.bits();
        int at = (int) (y * layout.rowBytes() + bits / 8);
        TiffSamples.unpack(part, at, columns * layout.samples(), layout, samples);
    }

    /** Fills a part with its bytes, with differences undone and most significant bytes first. */
    private void readPart(int index, int rows, byte[] part) throws BadImageException {
        int from = (int) offsets[index];
        int to = (int) (offsets[index] + lengths[index]);
        int needed = (int) layout.rowBytes() * rows;
        if (offsets[index] == 0 && lengths[index] == 0) {
            fillPart(part);
            return;
        }
        byte[] source = bytes;
        if (layout.reversed()) {
            source = reversed(from, to);
            to -= from;
            from = 0;
        }
        int read = layout.compression().decompress(source, from, to, part, needed);
        if (read < needed) {
            throw TiffParser.bad(
                    ImageDefect.TRUNCATED,
                    "has only %d of %d bytes in strip or tile %d".formatted(read, needed, index));
        }
        // What is sorted by significance is not in the file's order.
        if (layout.order() == ByteOrder.LITTLE_ENDIAN
                && layout.predictor() != TiffPredictor.FLOATING_POINT) {
            reverseSamples(part, needed);
        }
        layout.predictor()
                .undo(part, rows, (int) layout.rowBytes(), layout.samples(), layout.bits());
    }

    private void fillPart(byte[] part) {
        if (layout.bits() % 8 == 0) {
            int bytes = layout.bits() / 8;
            for (int i = 0; i < part.length; i++) {
                part[i] = (byte) (fill >> 8 * (bytes - 1 - i % bytes));
            }
        }
    }

    private byte[] reversed(int from, int to) {
        byte[] reversed = new byte[to - from];
        for (int i = 0; i < reversed.length; i++) {
            reversed[i] = (byte) (Integer.reverse(bytes[from + i]) >>> 24);
        }
        return reversed;
    }

    /** To most significant bytes first. */
    private void reverseSamples(byte[] part, int length) {
        int bytes = layout.bits() % 8 == 0 ? layout.bits() / 8 : 1;
        for (int first = 0; bytes > 1 && first + bytes <= length; first += bytes) {
            for (int low = first, high = first + bytes - 1; low < high; low++, high--) {
                byte kept = part[low];
                part[low] = part[high];
                part[high] = kept;
            }
        }
    }
}
