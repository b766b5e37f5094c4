package io.kiln.ingest;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Bytes that a decoder makes of untrusted input. Decoders meet some broken inputs with unchecked
 * exceptions (an index out of bounds, a negative size) or with an endless recursion; here these are
 * what they mean: an {@link IOException}.
 */
final class UntrustedInputStream extends FilterInputStream {
    /** Reads from a decoder. */
    @FunctionalInterface
    interface Decoding<T> {
        T run() throws IOException;
    }

    UntrustedInputStream(InputStream in) {
        super(in);
    }

    static <T> T guarded(Decoding<T> decoding) throws IOException {
        try {
            return decoding.run();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (RuntimeException | StackOverflowError e) {
            throw new IOException("corrupt data (" + e + ")", e);
        }
    }

    @Override
    public int read() throws IOException {
        return guarded(in::read);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return guarded(() -> in.read(buffer, offset, length));
    }

    @Override
    public long skip(long bytes) throws IOException {
        return guarded(() -> in.skip(bytes));
    }
}
