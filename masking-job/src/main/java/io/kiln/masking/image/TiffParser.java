package io.kiln.masking.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads the first directory of a TIFF (TIFF 6.0, sections 2 to 15), and makes of it a TIFF of
 * nothing but what pixels need.
 */
final class TiffParser {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int STRIP_OFFSETS = 273;
    private static final int SAMPLES = 277;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTES = 279;
    private static final int PLANAR = 284;
    private static final int PREDICTOR = 317;
    private static final int COLOUR_MAP = 320;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTES = 325;
    private static final int EXTRA_SAMPLES = 338;
    private static final int SAMPLE_FORMAT = 339;

    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int SEPARATE_PLANES = 2;
    private static final int MAX_ENTRIES = 4096;
    private static final int MAX_SAMPLES = 64;

    /** Of strips, tiles or values of any other kind. */
    private static final int MAX_VALUES = 1 << 18;

    private final Bytes in;
    private final boolean littleEndian;
    private final Map<Integer, int[]> fields = new TreeMap<>();

    TiffParser(byte[] bytes) {
        this.in = new Bytes("TIFF", bytes);
        this.littleEndian = in.startsWith(0, "II");
    }

    TiffImage parse() throws BadImageException {
        readDirectory();
        int width = size(WIDTH);
        int height = size(HEIGHT);
        int samples = first(SAMPLES, 1);
        if (samples < 1 || samples > MAX_SAMPLES) {
            throw bad(Reason.UNSUPPORTED, "has " + samples + " samples a pixel");
        }
        int bits = bits(samples);
        requireUnsignedNumbers();
        TiffColour colour =
                TiffColour.of(first(PHOTOMETRIC, TiffColour.BLACK_IS_ZERO.code()), samples, bits);
        TiffCompression compression = TiffCompression.of(first(COMPRESSION, 1));
        boolean tiled = fields.containsKey(TILE_OFFSETS);
        int[] offsets = required(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
        int[] lengths = required(tiled ? TILE_BYTES : STRIP_BYTES);
        Parts parts = parts(tiled, width, height);
        int planes = first(PLANAR, 1) == SEPARATE_PLANES ? samples : 1;
        long count = (long) parts.count() * planes;
        if (offsets.length != count || lengths.length != count) {
            throw bad(
                    Reason.UNDECODABLE,
                    "has %d offsets and %d lengths of %d strips or tiles"
                            .formatted(offsets.length, lengths.length, count));
        }
        long data = requireInside(offsets, lengths);
        long rowBytes = ((long) parts.width * (samples / planes) * bits + 7) / 8;
        long pixels = tiled ? rowBytes * parts.height * count : rowBytes * height * planes;
        int[] colours = colour == TiffColour.PALETTE ? palette(bits) : new int[0];
        return new TiffImage(
                width,
                height,
                samples,
                bits,
                colour,
                colours,
                data,
                pixels / compression.best(),
                planes(tiled, bits, samples, planes, offsets, lengths));
    }

    /** Strips or tiles: how large, and how many there are in a plane. */
    private record Parts(int width, int height, int count) {}

    private Parts parts(boolean tiled, int width, int height) throws BadImageException {
        int partWidth = tiled ? size(TILE_WIDTH) : width;
        int rows = tiled ? size(TILE_HEIGHT) : first(ROWS_PER_STRIP, height);
        int partHeight = tiled ? rows : rows < 1 ? height : Math.min(rows, height);
        if ((long) partWidth * partHeight > 4L * width * height + (1 << 18)) {
            throw bad(
                    Reason.TOO_COMPLEX,
                    "of %d x %d pixels has tiles of %d x %d"
                            .formatted(width, height, partWidth, partHeight));
        }
        long across = (width + partWidth - 1L) / partWidth;
        long down = (height + partHeight - 1L) / partHeight;
        if (across * down > MAX_VALUES) {
            throw bad(Reason.TOO_COMPLEX, "has " + across * down + " strips or tiles");
        }
        return new Parts(partWidth, partHeight, (int) (across * down));
    }

    private void readDirectory() throws BadImageException {
        long directory = u32(4);
        in.require(directory, 2);
        int at = (int) directory;
        int entries = u16(at);
        if (entries > MAX_ENTRIES) {
            throw bad(Reason.TOO_COMPLEX, "has " + entries + " fields");
        }
        in.require(at + 2L, 12L * entries);
        for (int i = 0; i < entries; i++) {
            readField(at + 2 + 12 * i);
        }
    }

    private void readField(int at) throws BadImageException {
        int tag = u16(at);
        int type = u16(at + 2);
        boolean wanted = tag >= WIDTH && tag <= SAMPLE_FORMAT;
        if (!wanted || type != SHORT && type != LONG) {
            return;
        }
        long count = u32(at + 4);
        int bytes = type == SHORT ? 2 : 4;
        long from = count * bytes <= 4 ? at + 8 : u32(at + 8);
        in.require(from, count * bytes);
        if (count < 1 || count > MAX_VALUES) {
            throw bad(Reason.TOO_COMPLEX, "has " + count + " values in field " + tag);
        }
        int[] values = new int[(int) count];
        for (int i = 0; i < values.length; i++) {
            int value = (int) from + i * bytes;
            values[i] = type == SHORT ? u16(value) : (int) u32(value);
        }
        fields.put(tag, values);
    }

    private int bits(int samples) throws BadImageException {
        int[] bits = fields.getOrDefault(BITS, new int[] {1});
        for (int sample = 0; sample < Math.min(samples, bits.length); sample++) {
            if (bits[sample] != bits[0] || !TiffImage.isPossible(bits[0], samples)) {
                throw bad(
                        Reason.UNSUPPORTED,
                        "has %d samples a pixel of %d bits; 8 and 16 are supported, of one sample 1, 2 and 4"
                                .formatted(samples, bits[sample]));
            }
        }
        return bits[0];
    }

    private void requireUnsignedNumbers() throws BadImageException {
        if (first(SAMPLE_FORMAT, 1) != 1) {
            throw bad(
                    Reason.UNSUPPORTED,
                    "has samples that are signed or floating-point numbers; unsigned ones are"
                            + " supported");
        }
    }

    /** Colours by index, 0xRRGGBB: of 16 bits the upper 8. */
    private int[] palette(int bits) throws BadImageException {
        int[] map = required(COLOUR_MAP);
        int size = 1 << bits;
        if (map.length < 3 * size) {
            throw bad(Reason.UNDECODABLE, "has a palette of " + map.length + " values");
        }
        int[] colours = new int[size];
        for (int i = 0; i < size; i++) {
            colours[i] =
                    map[i] >> 8 << 16 | map[size + i] >> 8 << 8 | (map[2 * size + i] >> 8 & 0xFF);
        }
        return colours;
    }

    /** Together the parts may be as large as the file, so that none is read again and again. */
    private long requireInside(int[] offsets, int[] lengths) throws BadImageException {
        long total = 0;
        for (int i = 0; i < offsets.length; i++) {
            long length = lengths[i] & 0xFFFFFFFFL;
            in.require(offsets[i] & 0xFFFFFFFFL, length);
            total += length;
        }
        if (total > in.length()) {
            throw bad(Reason.UNDECODABLE, "has strips or tiles that overlap");
        }
        return total;
    }

    /** Each plane becomes a TIFF of one sample, as the decoder does not take them together. */
    private byte[][] planes(
            boolean tiled, int bits, int samples, int planes, int[] offsets, int[] lengths) {
        byte[][] all = new byte[planes][];
        int each = offsets.length / planes;
        for (int plane = 0; plane < planes; plane++) {
            all[plane] =
                    needed(
                            tiled,
                            bits,
                            samples / planes,
                            Arrays.copyOfRange(offsets, plane * each, (plane + 1) * each),
                            Arrays.copyOfRange(lengths, plane * each, (plane + 1) * each));
        }
        return all;
    }

    /** Samples are called grey or RGB whatever they mean, so that the decoder leaves them alone. */
    private byte[] needed(boolean tiled, int bits, int samples, int[] offsets, int[] lengths) {
        int[] moved = new int[offsets.length];
        TiffDirectory directory = new TiffDirectory();
        directory.add(WIDTH, LONG, fields.getOrDefault(WIDTH, moved));
        directory.add(HEIGHT, LONG, fields.getOrDefault(HEIGHT, moved));
        int[] allBits = new int[samples];
        Arrays.fill(allBits, bits);
        directory.add(BITS, SHORT, allBits);
        directory.add(COMPRESSION, SHORT, first(COMPRESSION, 1));
        directory.add(
                PHOTOMETRIC,
                SHORT,
                (samples < 3 ? TiffColour.BLACK_IS_ZERO : TiffColour.RGB).code());
        directory.add(SAMPLES, SHORT, samples);
        directory.add(PREDICTOR, SHORT, first(PREDICTOR, 1));
        if (tiled) {
            directory.add(TILE_WIDTH, LONG, first(TILE_WIDTH, 1));
            directory.add(TILE_HEIGHT, LONG, first(TILE_HEIGHT, 1));
        } else {
            directory.add(ROWS_PER_STRIP, LONG, first(ROWS_PER_STRIP, Integer.MAX_VALUE));
        }
        int colours = samples < 3 ? 1 : 3;
        if (samples > colours) {
            directory.add(EXTRA_SAMPLES, SHORT, new int[samples - colours]);
        }
        directory.add(tiled ? TILE_BYTES : STRIP_BYTES, LONG, lengths);
        directory.add(tiled ? TILE_OFFSETS : STRIP_OFFSETS, LONG, moved);
        int at = directory.bytes();
        for (int i = 0; i < moved.length; i++) {
            moved[i] = at;
            at += lengths[i];
        }
        ByteBuffer out =
                ByteBuffer.allocate(at)
                        .order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        directory.write(out);
        for (int i = 0; i < offsets.length; i++) {
            out.put(in.array(), offsets[i], lengths[i]);
        }
        return out.array();
    }

    private int size(int tag) throws BadImageException {
        int value = required(tag)[0];
        if (value < 1) {
            throw bad(Reason.UNDECODABLE, "says it has " + value + " in field " + tag);
        }
        return value;
    }

    private int first(int tag, int otherwise) {
        int[] values = fields.get(tag);
        return values == null ? otherwise : values[0];
    }

    private int[] required(int tag) throws BadImageException {
        int[] values = fields.get(tag);
        if (values == null) {
            throw bad(Reason.UNDECODABLE, "lacks field " + tag);
        }
        return values;
    }

    private int u16(int at) throws BadImageException {
        return littleEndian ? in.u16le(at) : in.u16be(at);
    }

    private long u32(int at) throws BadImageException {
        return (littleEndian ? in.i32le(at) : in.i32be(at)) & 0xFFFFFFFFL;
    }

    static BadImageException bad(Reason reason, String what) {
        return new BadImageException(reason, "TIFF " + what);
    }
}
