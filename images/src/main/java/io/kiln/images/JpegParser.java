package io.kiln.images;

/** Walks the segments of one JPEG (ITU T.81, annex B). */
final class JpegParser {
    /** Encoders write ten or so; each costs as much time as decoding a whole image. */
    private static final int MAX_SCANS = 64;

    /** Tables, frame and scans; more than this serve nothing but to tire a decoder. */
    private static final int MAX_SEGMENTS = 4096;

    private static final int PROGRESSIVE = 0xC2;
    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int DQT = 0xDB;
    private static final int DHT = 0xC4;
    private static final int DRI = 0xDD;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

    /** Instead of a position. */
    private static final int AT_END = -1;

    private final Bytes in;
    private final byte[] bytes;
    private final ByteRanges segments;

    private int width;
    private int height;
    private int[] components = {};
    private JpegScans coverage = new JpegScans(components, false);
    private long blocks;
    private boolean jfif;
    private int adobe = JpegColour.NO_ADOBE;
    private final OrientationTags orientation = new OrientationTags();
    private int scans;
    private long scanBytes;

    JpegParser(byte[] bytes) {
        this.in = new Bytes("JPEG", bytes);
        this.bytes = bytes;
        this.segments = new ByteRanges(bytes);
    }

    JpegImage parse() throws BadImageException {
        int at = marker(2);
        for (int code = code(at); code != EOI; code = code(at)) {
            int end = at + Math.max(2, in.u16be(at));
            in.require(at, end - at);
            at = marker(code == SOS ? scan(at, end) : segment(code, at, end));
        }
        if (at == AT_END && !coverage.isComplete()) {
            throw bad(
                    ImageDefect.TRUNCATED,
                    "ends after " + bytes.length + " bytes without an end-of-image marker");
        }
        if (components.length == 0 || scans == 0) {
            throw bad(
                    ImageDefect.UNDECODABLE,
                    "has no frame or no scan before its end-of-image marker");
        }
        JpegColour colour = JpegColour.of(components, jfif, adobe);
        ByteRanges needed = new ByteRanges(bytes).add(0xFF, SOI);
        colour.mark(needed);
        byte[] kept = needed.keepAll(segments).add(0xFF, EOI).toBytes();
        return new JpegImage(
                width,
                height,
                scanBytes,
                (blocks + 7) / 8,
                colour,
                orientation.orientation(),
                kept);
    }

    /** The end of the file stands for the marker: whether data are missing, the decoder tells. */
    private int code(int at) throws BadImageException {
        return at == AT_END ? EOI : in.u8(at - 1);
    }

    /**
     * Position after the code of the next marker, whatever lies before it, or {@link #AT_END}; not
     * stopped by stuffed zeros and restart markers, which belong to a scan's data.
     */
    private int marker(int from) {
        int at = from;
        while (at < bytes.length) {
            while (at < bytes.length && bytes[at] != (byte) 0xFF) {
                at++;
            }
            while (at < bytes.length && bytes[at] == (byte) 0xFF) {
                at++;
            }
            int code = at < bytes.length ? bytes[at++] & 0xFF : 0;
            if (code > 1 && (code < 0xD0 || code > SOI)) {
                return at;
            }
        }
        return AT_END;
    }

    private int segment(int code, int at, int end) throws BadImageException {
        if (code == DQT || code == DHT || code == DRI) {
            keep(at - 2, end);
        } else if (code == APP0) {
            jfif |= in.startsWith(at + 2, "JFIF\0");
        } else if (code == APP1 && in.startsWith(at + 2, "Exif\0\0")) {
            orientation.exif(bytes, at + 8, end);
        } else if (code == APP1 && in.startsWith(at + 2, XMP)) {
            orientation.xmp(bytes, at + 2 + XMP.length(), end);
        } else if (code == APP14 && in.startsWith(at + 2, "Adobe") && end - at >= 14) {
            adobe = in.u8(at + 13);
        } else if (code >= 0xC0 && code <= 0xCF) {
            frame(code, at);
            keep(at - 2, end);
        }
        return end;
    }

    private void frame(int code, int at) throws BadImageException {
        int precision = in.u8(at + 2);
        if (code > 0xC2 || precision != 8) {
            throw bad(
                    ImageDefect.UNSUPPORTED,
                    "is of process SOF"
                            + (code & 15)
                            + " with "
                            + precision
                            + " bits; baseline, extended and progressive with 8 bits are supported");
        }
        if (components.length > 0) {
            throw bad(ImageDefect.UNDECODABLE, "has two frames");
        }
        height = in.u16be(at + 3);
        width = in.u16be(at + 5);
        components = new int[in.u8(at + 7)];
        if (height == 0 || width == 0 || components.length == 0) {
            throw bad(ImageDefect.UNDECODABLE, "says it has no pixels");
        }
        countBlocks(at + 8);
        coverage = new JpegScans(components, code == PROGRESSIVE);
    }

    private void countBlocks(int at) throws BadImageException {
        int across = 1;
        int down = 1;
        for (int i = 0; i < components.length; i++) {
            components[i] = in.u8(at + 3 * i);
            across = Math.max(across, in.u8(at + 3 * i + 1) >> 4);
            down = Math.max(down, in.u8(at + 3 * i + 1) & 15);
        }
        for (int i = 0; i < components.length; i++) {
            int sampling = in.u8(at + 3 * i + 1);
            blocks += blocks(width, sampling >> 4, across) * blocks(height, sampling & 15, down);
        }
    }

    private static long blocks(int pixels, int factor, int largestFactor) {
        long samples = ((long) pixels * factor + largestFactor - 1) / largestFactor;
        return (samples + 7) / 8;
    }

    private int scan(int at, int data) throws BadImageException {
        if (++scans > MAX_SCANS) {
            throw bad(ImageDefect.TOO_COMPLEX, "has more than " + MAX_SCANS + " scans");
        }
        coverage.add(in, at + 2);
        int next = marker(data);
        int end = next == AT_END ? bytes.length : next - 2;
        scanBytes += end - data;
        keep(at - 2, end);
        return end;
    }

    private void keep(int from, int to) throws BadImageException {
        if (segments.parts() >= MAX_SEGMENTS) {
            throw bad(
                    ImageDefect.TOO_COMPLEX, "has more than " + MAX_SEGMENTS + " tables and scans");
        }
        segments.keep(from, to);
    }

    private static BadImageException bad(ImageDefect reason, String what) {
        return new BadImageException(reason, "JPEG " + what);
    }
}
