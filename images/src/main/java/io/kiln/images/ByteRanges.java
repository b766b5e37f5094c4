package io.kiln.images;

import java.util.ArrayList;
import java.util.List;

/**
 * Builds the bytes that a decoder is given out of parts of an image: what the pixels need and
 * nothing else. Decoders then never see metadata, which is where most of their weak spots are.
 */
final class ByteRanges {
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    private record Part(byte[] source, int from, int to) {}

    private final byte[] source;
    private final List<Part> parts = new ArrayList<>();

    ByteRanges(byte[] source) {
        this.source = source;
    }

    /** Appends a range of the source, from inclusive, to exclusive. */
    ByteRanges keep(int from, int to) {
        parts.add(new Part(source, from, to));
        return this;
    }

    ByteRanges keepAll(ByteRanges others) {
        parts.addAll(others.parts);
        return this;
    }

    /** Appends bytes, given as numbers of which the lowest eight bits count. */
    ByteRanges add(int... values) {
        byte[] own = new byte[values.length];
        for (int i = 0; i < own.length; i++) {
            own[i] = (byte) values[i];
        }
        return addBytes(own);
    }

    ByteRanges addBytes(byte[] values) {
        parts.add(new Part(values, 0, values.length));
        return this;
    }

    ByteRanges addU32le(int value) {
        return add(value, value >>> 8, value >>> 16, value >>> 24);
    }

    ByteRanges addU32be(int value) {
        return add(value >>> 24, value >>> 16, value >>> 8, value);
    }

    ByteRanges addAscii(String text) {
        return add(text.chars().toArray());
    }

    int parts() {
        return parts.size();
    }

    int length() {
        return parts.stream().mapToInt(part -> part.to - part.from).sum();
    }

    byte[] toBytes() {
        byte[] bytes = new byte[length()];
        int at = 0;
        for (Part part : parts) {
            System.arraycopy(part.source, part.from, bytes, at, part.to - part.from);
            at += part.to - part.from;
        }
        return bytes;
    }
}
