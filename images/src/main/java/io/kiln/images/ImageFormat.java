package io.kiln.images;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The image formats that Kiln decodes, told apart by a file's first bytes and never by its name.
 */
public enum ImageFormat {
    JPEG("JPEG", "image/jpeg", (bytes, channels) -> new JpegParser(bytes).parse()),
    PNG("PNG", "image/png", (bytes, channels) -> PngImage.parse(bytes)),
    WEBP("WebP", "image/webp", (bytes, channels) -> WebpImage.parse(bytes)),
    GIF("GIF", "image/gif", (bytes, channels) -> GifImage.parse(bytes)),
    BMP("BMP", "image/bmp", (bytes, channels) -> BmpParser.parse(bytes)),
    TIFF("TIFF", "image/tiff", TiffParser::parse);

    /** Bytes at the start of a file from which {@link #detect} can tell its format. */
    public static final int HEAD_BYTES = 32;

    private static final Signature JPEG_START = Signature.hex("FFD8FF");
    private static final Signature PNG_START = Signature.hex("89504E470D0A1A0A");
    private static final Signature RIFF = Signature.ascii(0, "RIFF");
    private static final Signature RIFF_WEBP = Signature.ascii(8, "WEBP");
    private static final Signature BMP_START = Signature.ascii(0, "BM");
    private static final List<Signature> GIF_STARTS =
            List.of(Signature.ascii(0, "GIF87a"), Signature.ascii(0, "GIF89a"));

    /** Classic and BigTIFF, each in either byte order. */
    private static final List<Signature> TIFF_STARTS =
            List.of(
                    Signature.hex("49492A00"),
                    Signature.hex("4D4D002A"),
                    Signature.hex("49492B00"),
                    Signature.hex("4D4D002B"));

    private static final int BMP_HEADER_SIZE = 14;
    private static final int SHOWN_BYTES = 12;

    private interface Parser {
        EncodedImage parse(byte[] bytes, int channels) throws BadImageException;
    }

    private final String displayName;
    private final String mediaType;
    private final Parser parser;

    ImageFormat(String displayName, String mediaType, Parser parser) {
        this.displayName = displayName;
        this.mediaType = mediaType;
        this.parser = parser;
    }

    /** The format as people write it. */
    public String displayName() {
        return displayName;
    }

    /** Media type, as in {@code ImageRecord.contentType}. */
    public String mediaType() {
        return mediaType;
    }

    /**
     * Looks at the first bytes of a file. Says what they claim to be; only decoding shows whether
     * the rest keeps the promise.
     *
     * @param head the file, or at least its first {@value #HEAD_BYTES} bytes
     * @return the format, empty if the file starts like none of them
     */
    public static Optional<ImageFormat> detect(byte[] head) {
        return Arrays.stream(values()).filter(format -> format.matches(head)).findFirst();
    }

    private boolean matches(byte[] head) {
        return switch (this) {
            case JPEG -> JPEG_START.matches(head);
            case PNG -> PNG_START.matches(head);
            case WEBP -> RIFF.matches(head) && RIFF_WEBP.matches(head);
            case GIF -> GIF_STARTS.stream().anyMatch(start -> start.matches(head));
            case BMP -> isBmp(head);
            case TIFF -> TIFF_STARTS.stream().anyMatch(start -> start.matches(head));
        };
    }

    /** "BM" alone starts many a text, so the size of the second header must be a defined one. */
    private static boolean isBmp(byte[] head) {
        if (!BMP_START.matches(head) || head.length < BMP_HEADER_SIZE + 4) {
            return false;
        }
        int headerSize =
                (head[BMP_HEADER_SIZE] & 0xff)
                        | (head[BMP_HEADER_SIZE + 1] & 0xff) << 8
                        | (head[BMP_HEADER_SIZE + 2] & 0xff) << 16
                        | (head[BMP_HEADER_SIZE + 3] & 0xff) << 24;
        return BmpImage.isHeaderSize(headerSize);
    }

    /**
     * Reads the structure of an image of any of these formats.
     *
     * @param channels that the caller wants of it
     * @throws BadImageException NOT_AN_IMAGE, UNSUPPORTED, TRUNCATED, UNDECODABLE or TOO_COMPLEX
     */
    static EncodedImage parse(byte[] bytes, int channels) throws BadImageException {
        Optional<ImageFormat> format = detect(bytes);
        if (format.isEmpty()) {
            throw notSupported(bytes);
        }
        return format.get().parser.parse(bytes, channels);
    }

    /**
     * The input.channels that suit an image: of a TIFF of bands, or of one grey value of more than
     * 8 bits, as many as it has samples; else 3.
     *
     * @throws BadImageException as decoding would
     */
    public static int suitableChannels(byte[] bytes) throws BadImageException {
        return detect(bytes).orElse(null) == TIFF ? TiffParser.suitableChannels(bytes) : Bitmap.RGB;
    }

    private static BadImageException notSupported(byte[] bytes) {
        OtherFormat other = OtherFormat.of(bytes);
        String what =
                bytes.length == 0
                        ? "no bytes at all"
                        : bytes.length
                                + " bytes that begin with "
                                + OtherFormat.firstBytes(bytes, SHOWN_BYTES)
                                + ": "
                                + other.name();
        return new BadImageException(
                other.isImage() ? ImageDefect.UNSUPPORTED : ImageDefect.NOT_AN_IMAGE,
                what + "; supported are JPEG, PNG, WebP, GIF, BMP and TIFF");
    }
}
