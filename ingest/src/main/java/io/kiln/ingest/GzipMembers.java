package io.kiln.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * What the members of a gzip file hold, one after the other (RFC 1952, 2.2). Zeros behind a member
 * are passed over, as gzip itself does: tapes and block devices pad with them.
 */
final class GzipMembers extends InputStream {
    private final BufferedInputStream in;
    private final HeaderLimit limit;
    private InputStream member;

    GzipMembers(InputStream in) throws IOException {
        this.in = new BufferedInputStream(in);
        this.limit = new HeaderLimit(this.in);
        this.member = next();
    }

    /** A stream that can be marked is left right behind the member. */
    private InputStream next() throws IOException {
        limit.headers(); // a name or a comment has no bound in the format, and is kept
        InputStream next = GzipCompressorInputStream.builder().setInputStream(limit).get();
        limit.content();
        return next;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = member.read(buffer, offset, length);
        while (read < 0 && hasNext()) {
            member = next();
            read = member.read(buffer, offset, length);
        }
        return read;
    }

    private boolean hasNext() throws IOException {
        int value = 0;
        while (value == 0) {
            in.mark(1);
            value = in.read();
        }
        in.reset();
        return value > 0;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
