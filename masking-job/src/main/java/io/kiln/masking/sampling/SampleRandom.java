package io.kiln.masking.sampling;

import io.kiln.masking.records.Position;
import io.kiln.schemas.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Random numbers for one view of one image. They are the same on every machine and in every version
 * of Java and of Kiln, because a restart must make the same batches. For that reason the generator
 * is written out here; a test pins its output.
 *
 * <p>The state is the SHA-256 of purpose, seed, topic, partition, offset and view (each text as a
 * big-endian int32 length and UTF-8, numbers big-endian, int64 for seed and offset, int32 for the
 * rest), read as four big-endian int64. The numbers are xoshiro256++ 1.0 (Blackman and Vigna,
 * "Scrambled linear pseudorandom number generators", 2021; prng.di.unimi.it). Not thread-safe.
 */
final class SampleRandom {
    /**
     * What numbers are for. Each purpose has a sequence of its own, so that draws for one do not
     * shift those for another. The names are hashed and must not change.
     */
    enum Purpose {
        AUGMENTATION,
        MASK,
        SHUFFLE,
        /** Which old images go along with a new one, and which leave the buffer. */
        REPLAY,
        /** Whether an image is held out. */
        HOLDOUT,
        /** Mask of a held-out image. */
        HOLDOUT_MASK
    }

    private long s0;
    private long s1;
    private long s2;
    private long s3;

    SampleRandom(Purpose purpose, long seed, Position position, int view) {
        this(tuple(purpose, seed, position, view));
    }

    /**
     * Numbers for an image, wherever its record is: the state is the SHA-256 of purpose, seed and
     * image id.
     */
    static SampleRandom ofImage(Purpose purpose, long seed, String imageId) {
        byte[] name = purpose.name().getBytes(StandardCharsets.UTF_8);
        byte[] id = imageId.getBytes(StandardCharsets.UTF_8);
        ByteBuffer tuple = ByteBuffer.allocate(name.length + id.length + 8 + 2 * 4);
        tuple.putInt(name.length).put(name).putLong(seed).putInt(id.length).put(id);
        return new SampleRandom(tuple.array());
    }

    private static byte[] tuple(Purpose purpose, long seed, Position position, int view) {
        byte[] name = purpose.name().getBytes(StandardCharsets.UTF_8);
        byte[] topic = position.topic().getBytes(StandardCharsets.UTF_8);
        ByteBuffer tuple = ByteBuffer.allocate(name.length + topic.length + 2 * 8 + 4 * 4);
        tuple.putInt(name.length).put(name).putLong(seed).putInt(topic.length).put(topic);
        tuple.putInt(position.partition()).putLong(position.offset()).putInt(view);
        return tuple.array();
    }

    private SampleRandom(byte[] tuple) {
        ByteBuffer state = ByteBuffer.wrap(Sha256.digest().digest(tuple));
        s0 = state.getLong();
        s1 = state.getLong();
        s2 = state.getLong();
        s3 = state.getLong();
    }

    /** The next 64 bits. */
    long next() {
        long result = Long.rotateLeft(s0 + s3, 23) + s0;
        long t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = Long.rotateLeft(s3, 45);
        return result;
    }

    /** Uniform in [0, 1), a multiple of 2^-53. */
    double uniform() {
        return (next() >>> 11) * 0x1p-53;
    }

    /** Uniform in [low, high). */
    double uniform(double low, double high) {
        return low + (high - low) * uniform();
    }

    /**
     * Uniform in 0 … bound - 1. There is no bias, because numbers of 63 bits above the largest
     * multiple of bound are rejected.
     *
     * @param bound at least 1
     */
    int below(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException(
                    "bound " + bound + " is not allowed; expected at least 1");
        }
        long limit = Long.MAX_VALUE - Long.MAX_VALUE % bound;
        long bits = next() >>> 1;
        while (bits >= limit) {
            bits = next() >>> 1;
        }
        return (int) (bits % bound);
    }
}
