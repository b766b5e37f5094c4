package io.kiln.images;

import java.nio.ByteOrder;
import java.util.Arrays;

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
    private final int fill;

    /**
     * @param offsets of strips or tiles, plane by plane; a part at 0 of length 0 is not stored
     * @param lengths of their data; all lie inside the bytes
     * @param fill the value of samples that are not stored
     */
    TiffData(byte[] bytes, TiffLayout layout, long[] offsets, long[] lengths, int fill) {
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
        char[] band =
                plain
                        ? new char[0]
                        : new char[row.length * Math.min(layout.partHeight(), layout.height())];
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
                    for (int i = 0, from = y * row.length; i < row.length; i++, from++) {
                        row[i] = band[from];
                    }
                }
                rows.take(row, top + y);
            }
        }
    }

    private void gather(int partRow, byte[] part, char[] band) throws BadImageException {
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
                        band[to] = (char) samples[i];
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
        if (layout.bits() == 16 && layout.order() == ByteOrder.LITTLE_ENDIAN) {
            swapBytes(part, needed);
        }
        if (layout.predicted()) {
            undoDifferences(part, rows);
        }
    }

    private void fillPart(byte[] part) {
        if (layout.bits() == 16) {
            for (int i = 0; i < part.length; i += 2) {
                part[i] = (byte) (fill >> 8);
                part[i + 1] = (byte) fill;
            }
        } else {
            Arrays.fill(part, layout.bits() == 8 ? (byte) fill : 0);
        }
    }

    private byte[] reversed(int from, int to) {
        byte[] reversed = new byte[to - from];
        for (int i = 0; i < reversed.length; i++) {
            reversed[i] = (byte) (Integer.reverse(bytes[from + i]) >>> 24);
        }
        return reversed;
    }

    private static void swapBytes(byte[] part, int length) {
        for (int i = 0; i + 1 < length; i += 2) {
            byte low = part[i];
            part[i] = part[i + 1];
            part[i + 1] = low;
        }
    }

    /** TIFF 6.0, section 14, for 8 and 16 bits. */
    private void undoDifferences(byte[] part, int rows) {
        int rowBytes = (int) layout.rowBytes();
        int samples = layout.samples();
        for (int start = 0; start < rows * rowBytes; start += rowBytes) {
            if (layout.bits() == 8) {
                for (int i = start + samples; i < start + rowBytes; i++) {
                    part[i] += part[i - samples];
                }
            } else {
                for (int i = start + 2 * samples; i < start + rowBytes; i += 2) {
                    int sum = u16(part, i) + u16(part, i - 2 * samples);
                    part[i] = (byte) (sum >> 8);
                    part[i + 1] = (byte) sum;
                }
            }
        }
    }

    private static int u16(byte[] part, int at) {
        return (part[at] & 0xFF) << 8 | part[at + 1] & 0xFF;
    }

    /** The first samples of a row of a part. */
    private void unpack(byte[] part, int y, int width, int[] target) {
        int at = y * (int) layout.rowBytes();
        int count = width * layout.samples();
        int bits = layout.bits();
        if (bits == 8) {
            for (int i = 0; i < count; i++) {
                target[i] = part[at + i] & 0xFF;
            }
        } else if (bits == 16) {
            for (int i = 0; i < count; i++) {
                target[i] = u16(part, at + 2 * i);
            }
        } else {
            int mask = (1 << bits) - 1;
            int buffer = 0;
            int buffered = 0;
            for (int i = 0; i < count; i++) {
                while (buffered < bits) {
                    buffer = buffer << 8 | part[at++] & 0xFF;
                    buffered += 8;
                }
                buffered -= bits;
                target[i] = buffer >>> buffered & mask;
            }
        }
    }
}
