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
        SHUFFLE
    }

    private long s0;
    private long s1;
    private long s2;
    private long s3;

    SampleRandom(Purpose purpose, long seed, Position position, int view) {
        byte[] name = purpose.name().getBytes(StandardCharsets.UTF_8);
        byte[] topic = position.topic().getBytes(StandardCharsets.UTF_8);
        ByteBuffer tuple = ByteBuffer.allocate(name.length + topic.length + 2 * 8 + 4 * 4);
        tuple.putInt(name.length).put(name).putLong(seed).putInt(topic.length).put(topic);
        tuple.putInt(position.partition()).putLong(position.offset()).putInt(view);
        ByteBuffer state = ByteBuffer.wrap(Sha256.digest().digest(tuple.array()));
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
