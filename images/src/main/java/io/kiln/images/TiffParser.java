package io.kiln.images;

/** Finds out what the first directory of a TIFF means (TIFF 6.0, sections 2 to 15). */
final class TiffParser {
    private static final int SEPARATE_PLANES = 2;
    private static final int MAX_SAMPLES = 64;

    private final Bytes in;
    private final TiffFields fields;
    private final int channels;

    private TiffParser(Bytes in, int channels) throws BadImageException {
        this.in = in;
        this.channels = channels;
        this.fields = new TiffFields(in);
    }

    /**
     * @param channels wanted; if these are 1 or 3, planes beside the colours are left out
     */
    static TiffImage parse(byte[] bytes, int channels) throws BadImageException {
        if (bytes[2] == '+' || bytes[3] == '+') {
            throw bad(ImageDefect.UNSUPPORTED, "is a BigTIFF; classic TIFF is supported");
        }
        return new TiffParser(new Bytes("TIFF", bytes), channels).parse();
    }

    private TiffImage parse() throws BadImageException {
        int width = fields.size(TiffTag.WIDTH);
        int height = fields.size(TiffTag.HEIGHT);
        int samples = fields.first(TiffTag.SAMPLES, 1);
        if (samples < 1 || samples > MAX_SAMPLES) {
            throw bad(ImageDefect.UNSUPPORTED, "has " + samples + " samples a pixel");
        }
        int bits = bits(samples);
        requireUnsignedNumbers();
        TiffColour colour =
                TiffColour.of(
                        fields.first(TiffTag.PHOTOMETRIC, TiffColour.BLACK_IS_ZERO.code()),
                        samples,
                        bits);
        TiffCompression compression = TiffCompression.of(fields.first(TiffTag.COMPRESSION, 1));
        int[] offsets = fields.required(fields.offsetsTag());
        int[] lengths = fields.required(fields.lengthsTag());
        boolean tiled = fields.isTiled();
        Parts parts = parts(tiled, width, height);
        boolean apart = fields.first(TiffTag.PLANAR, 1) == SEPARATE_PLANES;
        int planes = apart ? samples : 1;
        boolean colours = channels == 1 || channels == Bitmap.RGB;
        int decoded = apart && colours ? colour.samples() : samples;
        long count = (long) parts.count() * planes;
        if (offsets.length != count || lengths.length != count) {
            throw bad(
                    ImageDefect.UNDECODABLE,
                    "has %d offsets and %d lengths of %d strips or tiles"
                            .formatted(offsets.length, lengths.length, count));
        }
        long data = requireInside(offsets, lengths);
        long rowBytes = ((long) parts.width * (samples / planes) * bits + 7) / 8;
        long pixels = tiled ? rowBytes * parts.height * count : rowBytes * height * planes;
        int[] palette = colour == TiffColour.PALETTE ? palette(bits) : new int[0];
        return new TiffImage(
                width,
                height,
                Math.max((long) width * height, (long) parts.width * parts.height),
                decoded,
                bits,
                colour,
                palette,
                data,
                pixels / compression.best(),
                new TiffCopy(in, fields, samples / planes, bits)
                        .planes(planes, apart ? decoded : 1));
    }

    /** Strips or tiles: how large, and how many there are in a plane. */
    private record Parts(int width, int height, int count) {}

    private Parts parts(boolean tiled, int width, int height) throws BadImageException {
        int partWidth = tiled ? fields.size(TiffTag.TILE_WIDTH) : width;
        int rows =
                tiled
                        ? fields.size(TiffTag.TILE_HEIGHT)
                        : fields.first(TiffTag.ROWS_PER_STRIP, height);
        int partHeight = tiled ? rows : rows < 1 ? height : Math.min(rows, height);
        if ((long) partWidth * partHeight > 4L * width * height + (1 << 18)) {
            throw bad(
                    ImageDefect.TOO_COMPLEX,
                    "of %d x %d pixels has tiles of %d x %d"
                            .formatted(width, height, partWidth, partHeight));
        }
        long across = (width + partWidth - 1L) / partWidth;
        long down = (height + partHeight - 1L) / partHeight;
        if (across * down > TiffFields.MAX_VALUES) {
            throw bad(ImageDefect.TOO_COMPLEX, "has " + across * down + " strips or tiles");
        }
        return new Parts(partWidth, partHeight, (int) (across * down));
    }

    private int bits(int samples) throws BadImageException {
        int[] bits = fields.has(TiffTag.BITS) ? fields.required(TiffTag.BITS) : new int[] {1};
        for (int sample = 0; sample < Math.min(samples, bits.length); sample++) {
            if (bits[sample] != bits[0] || !TiffImage.isPossible(bits[0], samples)) {
                throw bad(
                        ImageDefect.UNSUPPORTED,
                        "has %d samples a pixel of %d bits; 8 and 16 are supported, of one sample 1, 2 and 4"
                                .formatted(samples, bits[sample]));
            }
        }
        return bits[0];
    }

    private void requireUnsignedNumbers() throws BadImageException {
        if (fields.first(TiffTag.SAMPLE_FORMAT, 1) != 1) {
            throw bad(
                    ImageDefect.UNSUPPORTED,
                    "has samples that are signed or floating-point numbers; unsigned ones are"
                            + " supported");
        }
    }

    /** Colours by index, 0xRRGGBB: of 16 bits the upper 8. */
    private int[] palette(int bits) throws BadImageException {
        int[] map = fields.required(TiffTag.COLOUR_MAP);
        int size = 1 << bits;
        if (map.length < 3 * size) {
            throw bad(ImageDefect.UNDECODABLE, "has a palette of " + map.length + " values");
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
            throw bad(ImageDefect.UNDECODABLE, "has strips or tiles that overlap");
        }
        return total;
    }

    static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "TIFF " + what);
    }
}
