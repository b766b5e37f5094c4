package io.kiln.ingest;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Bounds how much of a tar archive or a gzip file may be headers in one piece. A reader of tar
 * archives collects long names and extended headers in memory, as many bytes as the archive claims,
 * one of gzip a name and a comment up to a zero: this ends it.
 */
final class HeaderLimit extends FilterInputStream {
    private static final int HEADER_BYTES = 1024 * 1024;

    private boolean limited;
    private long left;

    HeaderLimit(InputStream in) {
        super(in);
    }

    /** From here on headers are read. */
    void headers() {
        limited = true;
        left = HEADER_BYTES;
    }

    /** From here on the content of a member is read, which its reader bounds. */
    void content() {
        limited = false;
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        account(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        account(read);
        return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
        long skipped = super.skip(bytes);
        account(skipped);
        return skipped;
    }

    private void account(long bytes) throws IOException {
        if (limited && bytes > 0) {
            left -= bytes;
            if (left < 0) {
                throw new IOException(
                        "the headers before a member are larger than " + HEADER_BYTES + " bytes");
            }
        }
    }
}
