package io.kiln.images;

import java.util.HexFormat;

/** Finds a picture's format by its first bytes, never by a name. */
final class ImageFormats {
    private static final int SHOWN_BYTES = 12;

    private ImageFormats() {}

    /**
     * Reads the structure of a picture.
     *
     * @param channels that are wanted of it
     * @throws BadImageException NOT_AN_IMAGE, UNSUPPORTED, TRUNCATED, UNDECODABLE or TOO_COMPLEX
     */
    static EncodedImage parse(byte[] bytes, int channels) throws BadImageException {
        Bytes in = new Bytes("picture", bytes);
        if (in.startsWith(0, "\u00FF\u00D8\u00FF")) {
            return new JpegParser(bytes).parse();
        }
        if (in.startsWith(0, "\u0089PNG\r\n\u001A\n")) {
            return PngImage.parse(bytes);
        }
        if (in.startsWith(0, "RIFF") && in.startsWith(8, "WEBP")) {
            return WebpImage.parse(bytes);
        }
        if (in.startsWith(0, "GIF87a") || in.startsWith(0, "GIF89a")) {
            return GifImage.parse(bytes);
        }
        if (in.startsWith(0, "BM") && bytes.length > 26) {
            return BmpImage.parse(bytes);
        }
        if (in.startsWith(0, "II*\0") || in.startsWith(0, "MM\0*")) {
            return TiffParser.parse(bytes, channels);
        }
        throw refusal(in, bytes);
    }

    private static BadImageException refusal(Bytes in, byte[] bytes) {
        String supported = "; supported are JPEG, PNG, WebP, GIF, BMP and TIFF";
        if (in.startsWith(0, "II+\0") || in.startsWith(0, "MM\0+")) {
            return new BadImageException(ImageDefect.UNSUPPORTED, "a BigTIFF" + supported);
        }
        if (in.startsWith(4, "ftyp")) {
            return new BadImageException(
                    ImageDefect.UNSUPPORTED,
                    "an ISO media file such as HEIF, AVIF or MP4" + supported);
        }
        if (bytes.length == 0) {
            return new BadImageException(ImageDefect.NOT_AN_IMAGE, "no bytes at all" + supported);
        }
        String first =
                HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(SHOWN_BYTES, bytes.length));
        return new BadImageException(
                ImageDefect.NOT_AN_IMAGE,
                bytes.length + " bytes that begin with " + first + ": no picture" + supported);
    }
}
