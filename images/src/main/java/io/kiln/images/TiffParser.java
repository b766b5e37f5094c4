package io.kiln.images;

/** Finds out what the first directory of a TIFF means (TIFF 6.0, sections 2 to 15). */
final class TiffParser {
    private static final int SEPARATE_PLANES = 2;
    private static final int LEAST_SIGNIFICANT_BIT_FIRST = 2;
    private static final int ASSOCIATED_ALPHA = 1;
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
        return new TiffParser(new Bytes("TIFF", bytes), channels).parse();
    }

    /**
     * @see ImageFormat#suitableChannels
     */
    static int suitableChannels(byte[] bytes) throws BadImageException {
        TiffFields fields = new TiffFields(new Bytes("TIFF", bytes));
        int samples = Math.max(1, Math.min(MAX_SAMPLES, fields.first(TiffTag.SAMPLES, 1)));
        boolean deep = fields.first(TiffTag.BITS, 1) > 8;
        return switch (fields.first(TiffTag.PHOTOMETRIC, TiffColour.BLACK_IS_ZERO.code())) {
            case 0, 1 -> {
                boolean alpha = samples == 2 && fields.first(TiffTag.EXTRA_SAMPLES, 0) != 0;
                yield samples == 1 || alpha ? (deep ? 1 : Bitmap.RGB) : samples;
            }
            case 2 -> samples > 4 ? samples : Bitmap.RGB; // a fourth is transparency
            default -> Bitmap.RGB;
        };
    }

    private TiffImage parse() throws BadImageException {
        int samples = fields.first(TiffTag.SAMPLES, 1);
        if (samples < 1 || samples > MAX_SAMPLES) {
            throw bad(ImageDefect.UNSUPPORTED, "has " + samples + " samples a pixel");
        }
        int bits = bits(samples);
        TiffNumbers numbers = TiffNumbers.of(fields.first(TiffTag.SAMPLE_FORMAT, 1), bits);
        TiffColour colour =
                TiffColour.of(
                        fields.first(TiffTag.PHOTOMETRIC, TiffColour.BLACK_IS_ZERO.code()),
                        samples,
                        bits);
        if (numbers.isCarriedAsFloat(bits) && !colour.isPlain()) {
            throw bad(
                    ImageDefect.UNSUPPORTED,
                    "has %s samples of %d bits, called %s".formatted(numbers, bits, colour));
        }
        boolean colours = channels == 1 || channels == Bitmap.RGB;
        if (colours) {
            requireColours(colour, samples);
        }
        boolean apart = fields.first(TiffTag.PLANAR, 1) == SEPARATE_PLANES && samples > 1;
        boolean multiplied = isMultiplied(colour, numbers, samples, bits);
        int least = colour.samples() + (multiplied ? 1 : 0);
        int wanted = colours && colour != TiffColour.BLACK_IS_ZERO ? least : samples;
        TiffLayout layout = layout(apart ? 1 : samples, apart ? wanted : 1, bits, numbers);
        TiffParts parts = TiffParts.of(in, fields, layout);
        return new TiffImage(
                layout,
                colour,
                multiplied,
                colour == TiffColour.PALETTE ? palette(bits) : new int[0],
                fields.orientation(),
                parts.dataBytes(),
                parts.leastDataBytes(layout),
                new TiffData(in.array(), layout, parts.offsets(), parts.lengths(), fill(layout)));
    }

    /**
     * Samples that are called grey, but are more than one and alpha, are bands of their own: a
     * satellite's, not shades of one.
     */
    private void requireColours(TiffColour colour, int samples) throws BadImageException {
        boolean grey = colour == TiffColour.BLACK_IS_ZERO || colour == TiffColour.WHITE_IS_ZERO;
        boolean alpha = samples == 2 && fields.first(TiffTag.EXTRA_SAMPLES, 0) != 0;
        boolean one = samples == 1 || alpha;
        boolean each = samples == channels && colour.isPlain();
        if (grey && !one && !each) {
            throw bad(
                    ImageDefect.UNSUPPORTED,
                    "has %d samples a pixel, called %s, where input.channels = %d; expected input.channels = %d for images of this kind"
                            .formatted(samples, colour, channels, samples));
        }
    }

    /** Whether colours are multiplied by their alpha (TIFF 6.0, ExtraSamples: associated). */
    private boolean isMultiplied(TiffColour colour, TiffNumbers numbers, int samples, int bits) {
        return colour == TiffColour.RGB
                && samples > Bitmap.RGB
                && fields.first(TiffTag.EXTRA_SAMPLES, 0) == ASSOCIATED_ALPHA
                && !numbers.isCarriedAsFloat(bits)
                && bits >= 8;
    }

    private TiffLayout layout(int samples, int planes, int bits, TiffNumbers numbers)
            throws BadImageException {
        int width = fields.size(TiffTag.WIDTH);
        int height = fields.size(TiffTag.HEIGHT);
        boolean tiled = fields.isTiled();
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
        return new TiffLayout(
                        width,
                        height,
                        samples,
                        planes,
                        bits,
                        numbers,
                        partWidth,
                        partHeight,
                        tiled,
                        TiffCompression.of(fields.first(TiffTag.COMPRESSION, 1)),
                        predictor(numbers, bits),
                        fields.first(TiffTag.FILL_ORDER, 1) == LEAST_SIGNIFICANT_BIT_FIRST,
                        fields.order())
                .requireArrays();
    }

    /** The predictor counts with LZW and deflate alone. */
    private TiffPredictor predictor(TiffNumbers numbers, int bits) throws BadImageException {
        TiffCompression compression = TiffCompression.of(fields.first(TiffTag.COMPRESSION, 1));
        return compression.isPredicted()
                ? TiffPredictor.of(fields.first(TiffTag.PREDICTOR, 1), numbers, bits)
                : TiffPredictor.NONE;
    }

    private int bits(int samples) throws BadImageException {
        long[] bits = fields.has(TiffTag.BITS) ? fields.required(TiffTag.BITS) : new long[] {1};
        for (int sample = 0; sample < Math.min(samples, bits.length); sample++) {
            if (bits[sample] != bits[0] || bits[sample] < 1 || bits[sample] > 64) {
                throw bad(
                        ImageDefect.UNSUPPORTED,
                        "has %d samples a pixel of %d bits; 1 to 16, 32 and 64 bits are supported, all samples alike"
                                .formatted(samples, bits[sample]));
            }
        }
        return (int) bits[0];
    }

    /** Colours by index, 0xRRGGBB: of 16 bits the upper 8. */
    private int[] palette(int bits) throws BadImageException {
        long[] map = fields.required(TiffTag.COLOUR_MAP);
        int size = 1 << bits;
        if (map.length < 3 * size) {
            throw bad(ImageDefect.UNDECODABLE, "has a palette of " + map.length + " values");
        }
        int[] colours = new int[size];
        for (int i = 0; i < size; i++) {
            int red = (int) map[i] >> 8 & 0xFF;
            int green = (int) map[size + i] >> 8 & 0xFF;
            int blue = (int) map[2 * size + i] >> 8 & 0xFF;
            colours[i] = red << 16 | green << 8 | blue;
        }
        return colours;
    }

    /** The bits of GDAL's value for what is not stored; 0, as without, if no sample can have it. */
    private long fill(TiffLayout layout) {
        try {
            double value = Double.parseDouble(fields.noData());
            int bits = layout.bits();
            if (layout.numbers() == TiffNumbers.FLOAT) {
                return bits == 64
                        ? Double.doubleToRawLongBits(value)
                        : bits == 32 ? Float.floatToRawIntBits((float) value) : 0;
            }
            double half = Math.scalb(1.0, bits - 1);
            boolean signed = layout.numbers() == TiffNumbers.SIGNED;
            boolean possible =
                    signed ? value >= -half && value < half : value >= 0 && value < 2 * half;
            return possible ? (long) value : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "TIFF " + what);
    }
}
