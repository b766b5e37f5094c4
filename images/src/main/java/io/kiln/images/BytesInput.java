package io.kiln.images;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Bytes in memory as decoders want them. A decoder that goes on reading behind the end, again and
 * again, is stopped: some take an end for zeros and read on for seconds.
 */
final class BytesInput extends ImageInputStreamImpl {
    /** Reading ahead accounts for some: up to about a hundred in whole lossless WebPs. */
    private static final int MAX_READS_BEHIND_THE_END = 1000;

    /** Unchecked, because decoders swallow an EOFException. */
    static final class ReadBehindTheEnd extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ReadBehindTheEnd(int length) {
            super("needs more than the " + length + " bytes there are");
        }
    }

    private final byte[] bytes;
    private int readsBehindTheEnd;

    BytesInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xFF : behindTheEnd();
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (streamPos >= bytes.length) {
            return behindTheEnd();
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, target, offset, count);
        streamPos += count;
        return count;
    }

    private int behindTheEnd() {
        if (++readsBehindTheEnd > MAX_READS_BEHIND_THE_END) {
            throw new ReadBehindTheEnd(bytes.length);
        }
        return -1;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
