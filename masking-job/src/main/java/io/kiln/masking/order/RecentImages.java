package io.kiln.masking.order;

import io.kiln.schemas.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The last images of one partition that were kept, in a ring. A search scans the whole ring: even
 * 10,000 images take microseconds, and each array is one value in Flink's state.
 *
 * @param identities two values an image: the first 128 bits of its imageId's SHA-256
 * @param perceptualHashes see {@link PerceptualHash}
 * @param offsets of their records
 * @param seen number of images that were ever kept; the next one takes place seen modulo horizon
 */
@SuppressWarnings("ArrayRecordComponent") // changed in place, never compared
public record RecentImages(long[] identities, long[] perceptualHashes, long[] offsets, long seen) {
    static RecentImages none(int horizon) {
        return new RecentImages(new long[2 * horizon], new long[horizon], new long[horizon], 0);
    }

    int horizon() {
        return offsets.length;
    }

    private int held() {
        return (int) Math.min(seen, horizon());
    }

    /** The place of the image with this identity; -1 if there is none. */
    int findSame(long[] identity) {
        for (int i = 0; i < held(); i++) {
            if (identities[2 * i] == identity[0] && identities[2 * i + 1] == identity[1]) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The place of the image whose perceptual hash is nearest, the first of equals; -1 if none is
     * within the distance. Images whose hash was never computed are near to none.
     *
     * @param maxDistance bits in which the hashes may differ
     */
    int findNear(long perceptualHash, int maxDistance) {
        int nearest = maxDistance + 1;
        int place = -1;
        boolean allHashed = areAllHashed();
        for (int i = 0; i < held(); i++) {
            if (perceptualHashes[i] == 0 && !allHashed) {
                continue;
            }
            int distance = distance(i, perceptualHash);
            if (distance < nearest) {
                nearest = distance;
                place = i;
            }
        }
        return place;
    }

    /**
     * Early versions stored a hash of 0 under drop-exact. Several of them are no hashes: drop-near
     * would have dropped the second such image.
     */
    private boolean areAllHashed() {
        return Arrays.stream(perceptualHashes, 0, held()).filter(hash -> hash == 0).count() <= 1;
    }

    /** Bits in which the perceptual hash at a place differs from another: the Hamming distance. */
    int distance(int place, long perceptualHash) {
        return Long.bitCount(perceptualHashes[place] ^ perceptualHash);
    }

    /** Adds an image. It takes the place of the oldest one if the ring is full. */
    RecentImages with(long[] identity, long perceptualHash, long offset) {
        int place = (int) (seen % horizon());
        identities[2 * place] = identity[0];
        identities[2 * place + 1] = identity[1];
        perceptualHashes[place] = perceptualHash;
        offsets[place] = offset;
        return new RecentImages(identities, perceptualHashes, offsets, seen + 1);
    }

    /** The same images, or the latest of them, in a ring of another size. */
    RecentImages withHorizon(int horizon) {
        if (horizon == horizon()) {
            return this;
        }
        RecentImages others = none(horizon);
        for (long number = seen - held(); number < seen; number++) {
            int place = (int) (number % horizon());
            others =
                    others.with(
                            Arrays.copyOfRange(identities, 2 * place, 2 * place + 2),
                            perceptualHashes[place],
                            offsets[place]);
        }
        return others;
    }

    /** An identity as {@link #findSame} compares it. */
    static long[] identity(String imageId) {
        ByteBuffer hash =
                ByteBuffer.wrap(Sha256.digest().digest(imageId.getBytes(StandardCharsets.UTF_8)));
        return new long[] {hash.getLong(), hash.getLong()};
    }
}
