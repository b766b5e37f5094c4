package io.kiln.masking.replay;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What the replay buffer of one partition holds, without the images themselves. Every array has a
 * place for each image, in the order in which they came.
 *
 * @param offsets of their records
 * @param perceptualHashes see {@link io.kiln.masking.order.PerceptualHash}
 * @param lengths of the encoded images, in bytes
 * @param nextViews number of the first view that has not been made
 * @param nearest bits in which the perceptual hash differs from the one in the buffer that is most
 *     like it, up to 64; {@link #ALONE} where there is no other. Empty unless {@link
 *     #withNearest()} was asked for.
 * @param seen images of the partition that came so far
 */
@SuppressWarnings("ArrayRecordComponent") // kept, never compared
public record ReplayIndex(
        long[] offsets,
        long[] perceptualHashes,
        int[] lengths,
        int[] nextViews,
        int[] nearest,
        long seen) {
    private static final int ALONE = Long.SIZE + 1;

    static final ReplayIndex EMPTY =
            new ReplayIndex(new long[0], new long[0], new int[0], new int[0], new int[0], 0);

    int held() {
        return offsets.length;
    }

    /** Bytes of the encoded images. */
    long bytes() {
        return Arrays.stream(lengths).asLongStream().sum();
    }

    /** The same images after one more came. */
    ReplayIndex sawOne() {
        return new ReplayIndex(offsets, perceptualHashes, lengths, nextViews, nearest, seen + 1);
    }

    /** Adds an image, as the last one. */
    ReplayIndex with(long offset, long perceptualHash, int length, int nextView) {
        int[] distances = nearest;
        if (knowsNearest()) {
            distances = Arrays.copyOf(nearest, held() + 1);
            int own = ALONE;
            for (int i = 0; i < held(); i++) {
                int distance = Long.bitCount(perceptualHashes[i] ^ perceptualHash);
                distances[i] = Math.min(distances[i], distance);
                own = Math.min(own, distance);
            }
            distances[held()] = own;
        }
        return new ReplayIndex(
                with(offsets, offset),
                with(perceptualHashes, perceptualHash),
                with(lengths, length),
                with(nextViews, nextView),
                distances,
                seen);
    }

    /** Takes out the image at a place. */
    ReplayIndex without(int place) {
        long[] hashes = without(perceptualHashes, place);
        int[] distances = nearest;
        if (knowsNearest()) {
            distances = without(nearest, place);
            for (int i = 0; i < hashes.length; i++) {
                if (Long.bitCount(hashes[i] ^ perceptualHashes[place]) == distances[i]) {
                    distances[i] = nearest(hashes, i, distances[i]);
                }
            }
        }
        return new ReplayIndex(
                without(offsets, place),
                hashes,
                without(lengths, place),
                without(nextViews, place),
                distances,
                seen);
    }

    /** The same images, of which the one at a place has views before this one. */
    ReplayIndex withNextView(int place, int nextView) {
        int[] numbers = nextViews.clone();
        numbers[place] = nextView;
        return new ReplayIndex(offsets, perceptualHashes, lengths, numbers, nearest, seen);
    }

    /** The same images with the distances to those that are most like them. */
    ReplayIndex withNearest() {
        if (knowsNearest()) {
            return this;
        }
        int[] distances =
                IntStream.range(0, held()).map(i -> nearest(perceptualHashes, i, 0)).toArray();
        return new ReplayIndex(offsets, perceptualHashes, lengths, nextViews, distances, seen);
    }

    /** The same images without distances, which would have to be kept up. */
    ReplayIndex withoutNearest() {
        return new ReplayIndex(offsets, perceptualHashes, lengths, nextViews, new int[0], seen);
    }

    /** Place of the image that is most like another; the oldest of equals. */
    int mostRedundant() {
        int place = 0;
        for (int i = 1; i < held(); i++) {
            if (nearest[i] < nearest[place]) {
                place = i;
            }
        }
        return place;
    }

    private boolean knowsNearest() {
        return nearest.length == held();
    }

    /**
     * Distance of a hash to the nearest other.
     *
     * @param least what it is at least, at which the search ends
     */
    private static int nearest(long[] hashes, int place, int least) {
        int smallest = ALONE;
        for (int i = 0; i < hashes.length && smallest > least; i++) {
            if (i != place) {
                smallest = Math.min(smallest, Long.bitCount(hashes[i] ^ hashes[place]));
            }
        }
        return smallest;
    }

    private static long[] with(long[] values, long value) {
        long[] more = Arrays.copyOf(values, values.length + 1);
        more[values.length] = value;
        return more;
    }

    private static int[] with(int[] values, int value) {
        int[] more = Arrays.copyOf(values, values.length + 1);
        more[values.length] = value;
        return more;
    }

    private static long[] without(long[] values, int place) {
        long[] fewer = Arrays.copyOf(values, values.length - 1);
        System.arraycopy(values, place + 1, fewer, place, fewer.length - place);
        return fewer;
    }

    private static int[] without(int[] values, int place) {
        int[] fewer = Arrays.copyOf(values, values.length - 1);
        System.arraycopy(values, place + 1, fewer, place, fewer.length - place);
        return fewer;
    }
}
