package io.kiln.masking.order;

import io.kiln.schemas.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The last images of one partition that were kept, in a ring. Searched from end to end: even 10,000
 * of them take microseconds, and it is one array in Flink's state.
 *
 * @param identities the first 64 bits of the SHA-256 of each image's identity, then the next 64
 * @param fingerprints see {@link PerceptualHash}
 * @param offsets of their records
 * @param seen images that were ever kept; the next one takes place seen modulo horizon
 */
@SuppressWarnings("ArrayRecordComponent") // changed in place, never compared
public record RecentImages(long[] identities, long[] fingerprints, long[] offsets, long seen) {
    static RecentImages none(int horizon) {
        return new RecentImages(new long[2 * horizon], new long[horizon], new long[horizon], 0);
    }

    int horizon() {
        return offsets.length;
    }

    private int held() {
        return (int) Math.min(seen, horizon());
    }

    /** The place of the same image, or -1. */
    int same(long[] identity) {
        for (int i = 0; i < held(); i++) {
            if (identities[2 * i] == identity[0] && identities[2 * i + 1] == identity[1]) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The place of the image most like this one, the first in the ring of equals; -1 if none is
     * near.
     *
     * @param most bits by which fingerprints may differ
     */
    int near(long fingerprint, int most) {
        int best = most + 1;
        int place = -1;
        for (int i = 0; i < held(); i++) {
            int distance = Long.bitCount(fingerprints[i] ^ fingerprint);
            if (distance < best) {
                best = distance;
                place = i;
            }
        }
        return place;
    }

    /** These and one more, in the place of the oldest if there are as many as the horizon. */
    RecentImages with(long[] identity, long fingerprint, long offset) {
        int place = (int) (seen % horizon());
        identities[2 * place] = identity[0];
        identities[2 * place + 1] = identity[1];
        fingerprints[place] = fingerprint;
        offsets[place] = offset;
        return new RecentImages(identities, fingerprints, offsets, seen + 1);
    }

    /** The latest of these, under another horizon. */
    RecentImages under(int horizon) {
        if (horizon == horizon()) {
            return this;
        }
        RecentImages others = none(horizon);
        for (long number = seen - held(); number < seen; number++) {
            int place = (int) (number % horizon());
            others =
                    others.with(
                            Arrays.copyOfRange(identities, 2 * place, 2 * place + 2),
                            fingerprints[place],
                            offsets[place]);
        }
        return others;
    }

    /** An identity as {@link #same} compares it. */
    static long[] identity(String imageId) {
        ByteBuffer hash =
                ByteBuffer.wrap(Sha256.digest().digest(imageId.getBytes(StandardCharsets.UTF_8)));
        return new long[] {hash.getLong(), hash.getLong()};
    }
}
