package io.kiln.encoder;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The encoder that serves. A new one takes its place at once; the old one is closed when the last
 * call that began with it has ended. Thread-safe.
 */
final class EncoderSlot implements AutoCloseable {
    private static final class Lease {
        private final Encoder encoder;
        private int users = 1; // the slot itself

        Lease(Encoder encoder) {
            this.encoder = encoder;
        }
    }

    private @Nullable Lease serving;

    /**
     * Calls the encoder that serves now.
     *
     * @throws EncoderException if none does
     */
    <T> T call(Function<Encoder, T> action) {
        Lease lease = acquire();
        try {
            return action.apply(lease.encoder);
        } finally {
            release(lease);
        }
    }

    /** Puts an encoder in; null takes the one out that serves. */
    void swap(@Nullable Encoder encoder) {
        swap(encoder, () -> {});
    }

    /**
     * Puts an encoder in.
     *
     * @param meanwhile done under the slot's lock, before any call gets the encoder
     */
    void swap(@Nullable Encoder encoder, Runnable meanwhile) {
        Lease old;
        synchronized (this) {
            old = serving;
            serving = encoder == null ? null : new Lease(encoder);
            meanwhile.run();
            notifyAll();
        }
        if (old != null) {
            release(old);
        }
    }

    private synchronized Lease acquire() {
        Lease lease = serving;
        if (lease == null) {
            throw new EncoderException(
                    "no encoder serves yet; wait for the first one, or see why in status()");
        }
        lease.users++;
        return lease;
    }

    private void release(Lease lease) {
        boolean last;
        synchronized (this) {
            lease.users--;
            last = lease.users == 0;
        }
        if (last) {
            lease.encoder.close();
        }
    }

    @Override
    public void close() {
        swap(null);
    }
}
