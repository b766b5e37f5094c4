package io.kiln.images;

import java.nio.ByteOrder;

/** Reads the samples of a TIFF out of its strips or tiles, a row of them at a time. */
final class TiffData {
    /** Takes a row of samples, [width, samples]; overwritten by the next. */
    interface Rows {
        void take(int[] row, int y);
    }

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

    void read(Rows rows) throws BadImageException {
        int pixel = layout.pixelSamples();
        int[] row = new int[layout.width() * pixel];
        byte[] part = new byte[(int) layout.partBytes()];
        boolean plain = layout.planes() == 1 && layout.across() == 1;
        // Where there is only one part in a row, its samples need not be gathered.
        int[] band =
                plain
                        ? new int[0]
                        : new int[row.length * Math.min(layout.partHeight(), layout.height())];
        for (int partRow = 0; partRow < layout.down(); partRow++) {
            int top = partRow * layout.partHeight();
            if (plain) {
                readPart(partRow, layout.storedRows(partRow), part);
            } else {
                gather(partRow, part, band);
            }
            for (int y = 0; y < layout.imageRows(partRow); y++) {
                if (plain) {
                    unpack(part, y, layout.width(), row);
                } else {
                    System.arraycopy(band, y * row.length, row, 0, row.length);
                }
                rows.take(row, top + y);
            }
        }
    }

    private void gather(int partRow, byte[] part, int[] band) throws BadImageException {
        int pixel = layout.pixelSamples();
        int[] samples = new int[layout.partWidth() * layout.samples()];
        for (int plane = 0; plane < layout.planes(); plane++) {
            for (int column = 0; column < layout.across(); column++) {
                int index = plane * layout.partsInPlane() + partRow * layout.across() + column;
                readPart(index, layout.storedRows(partRow), part);
                int left = column * layout.partWidth();
                int width = Math.min(layout.partWidth(), layout.width() - left);
                for (int y = 0; y < layout.imageRows(partRow); y++) {
                    unpack(part, y, width, samples);
                    int to = (y * layout.width() + left) * pixel + plane;
                    for (int i = 0; i < width * layout.samples(); i++, to += layout.planes()) {
                        band[to] = samples[i];
                    }
                }
            }
        }
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
        byte[] target = needed == part.length ? part : new byte[needed];
        int read = layout.compression().decompress(source, from, to, target);
        if (read < needed) {
            throw TiffParser.bad(
                    ImageDefect.TRUNCATED,
                    "has only %d of %d bytes in strip or tile %d".formatted(read, needed, index));
        }
        if (target != part) {
            System.arraycopy(target, 0, part, 0, needed);
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

    /** The first samples of a row of a part. */
    private void unpack(byte[] part, int y, int width, int[] target) {
        int at = y * (int) layout.rowBytes();
        TiffSamples.unpack(part, at, width * layout.samples(), layout, target);
    }
}
