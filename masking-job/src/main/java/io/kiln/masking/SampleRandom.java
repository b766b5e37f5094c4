package io.kiln.masking;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;

/**
 * The random draws of one view of one image: a function of (seed, topic, partition, offset, view)
 * and nothing else. The tuple's SHA-256 seeds a SplitMix64 generator, of which only the 64-bit
 * outputs are used, since those are fixed by its definition.
 */
final class SampleRandom {
    private final SplittableRandom random;

    SampleRandom(long seed, String topic, int partition, long offset, int view) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        ByteBuffer tuple =
                ByteBuffer.allocate(
                        Long.BYTES + name.length + Integer.BYTES + Long.BYTES + Integer.BYTES);
        tuple.putLong(seed).put(name).putInt(partition).putLong(offset).putInt(view);
        this.random = new SplittableRandom(ByteBuffer.wrap(sha256(tuple.array())).getLong());
    }

    /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
    double uniform() {
        return (random.nextLong() >>> 11) * 0x1.0p-53;
    }

    /** Uniform in [from, to). */
    double uniform(double from, double to) {
        return from + (to - from) * uniform();
    }

    /** Uniform among 0 … bound − 1. */
    int below(int bound) {
        return (int) (uniform() * bound);
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
