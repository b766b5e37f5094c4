package io.kiln.images;

import org.jspecify.annotations.Nullable;

/** Walks the chunks of one WebP (RFC 9649, section 2). */
final class WebpParser {
    private static final int FIRST_CHUNK = 12;
    private static final int FRAME_HEADER_BYTES = 16;
    private static final int LOSSLESS_SIGNATURE = 0x2F;

    /** EXIF and XMP follow the frames of an animation; one has some thousands at most. */
    private static final int MAX_CHUNKS = 1 << 16;

    private final Bytes in;
    private final OrientationTags orientation = new OrientationTags();
    private int canvasWidth;
    private int canvasHeight;
    private int left;
    private int top;
    private @Nullable Data data;

    /** The chunk with the image's data, and the size that it tells. */
    private record Data(int chunk, int length, int width, int height) {}

    WebpParser(byte[] bytes) {
        this.in = new Bytes("WebP", bytes);
    }

    WebpImage parse() throws BadImageException {
        int at = FIRST_CHUNK;
        for (int chunks = 0; data == null || at + 8 <= in.length(); chunks++) {
            if (chunks >= MAX_CHUNKS) {
                throw bad(ImageDefect.TOO_COMPLEX, "has more than " + MAX_CHUNKS + " chunks");
            }
            long length = in.i32le(at + 4) & 0xFFFFFFFFL;
            boolean whole = at + 8 + length <= in.length();
            if (!whole && data != null) {
                break;
            }
            in.require(at + 8L, length);
            at = chunk(at, (int) length);
        }
        return image(data);
    }

    /** Returns where the next chunk begins: within a frame, or after the chunk. */
    private int chunk(int at, int length) throws BadImageException {
        int content = at + 8;
        switch (in.tag(at)) {
            case "VP8X" -> {
                canvasWidth = in.u24le(content + 4) + 1;
                canvasHeight = in.u24le(content + 7) + 1;
            }
            case "ANMF" -> {
                if (data == null) {
                    left = 2 * in.u24le(content);
                    top = 2 * in.u24le(content + 3);
                    return content + FRAME_HEADER_BYTES;
                }
            }
            case "VP8 " -> data = data == null ? lossy(at, length) : data;
            case "VP8L" -> data = data == null ? lossless(at, length) : data;
            case "EXIF" -> orientation.exif(in.array(), content, content + length);
            case "XMP " -> orientation.xmp(in.array(), content, content + length);
            default -> {} // transparency, profile, animation: pixels need none
        }
        return content + length + (length & 1);
    }

    private Data lossy(int chunk, int length) throws BadImageException {
        int content = chunk + 8;
        int tag = in.u24le(content);
        boolean keyFrame = (tag & 1) == 0;
        if (!keyFrame || in.u24le(content + 3) != 0x2A019D) {
            throw bad(ImageDefect.UNDECODABLE, "does not begin with a VP8 key frame");
        }
        in.require(content, 10L + (tag >> 5));
        return new Data(
                chunk, length, in.u16le(content + 6) & 0x3FFF, in.u16le(content + 8) & 0x3FFF);
    }

    private Data lossless(int chunk, int length) throws BadImageException {
        int content = chunk + 8;
        if (in.u8(content) != LOSSLESS_SIGNATURE) {
            throw bad(ImageDefect.UNDECODABLE, "has a VP8L chunk without its signature");
        }
        int sizes = in.i32le(content + 1);
        return new Data(chunk, length, (sizes & 0x3FFF) + 1, (sizes >> 14 & 0x3FFF) + 1);
    }

    private WebpImage image(Data found) throws BadImageException {
        if (found.width == 0 || found.height == 0) {
            throw bad(
                    ImageDefect.UNDECODABLE,
                    "says it has " + found.width + " x " + found.height + " pixels");
        }
        int padding = found.length & 1;
        byte[] needed =
                new ByteRanges(in.array())
                        .addAscii("RIFF")
                        .addU32le(4 + 8 + found.length + padding)
                        .addAscii("WEBP")
                        .keep(found.chunk, found.chunk + 8 + found.length)
                        .add(new int[padding])
                        .toBytes();
        int width = canvasWidth == 0 ? found.width : canvasWidth;
        int height = canvasHeight == 0 ? found.height : canvasHeight;
        if (left + found.width > width || top + found.height > height) {
            throw bad(
                    ImageDefect.UNDECODABLE,
                    "has a frame of %d x %d pixels at %d, %d of a canvas of %d x %d"
                            .formatted(found.width, found.height, left, top, width, height));
        }
        return new WebpImage(
                width,
                height,
                new Crop(top, left, found.height, found.width),
                orientation.orientation(),
                found.length,
                needed);
    }

    private static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "WebP " + what);
    }
}
