package io.kiln.operations.audit;

import java.util.Arrays;

/**
 * The identities of the images of one partition, as 64-bit hashes by offset: 12 bytes an image.
 * Offsets must be added in ascending order.
 */
final class ImageIds {
    private static final int FIRST_CAPACITY = 1024;

    private long first = -1;
    private int[] offsets = new int[FIRST_CAPACITY]; // less the first one
    private long[] hashes = new long[FIRST_CAPACITY];
    private int count;

    /** Adds an image. */
    void add(long offset, String imageId) {
        if (first < 0) {
            first = offset;
        }
        if (count == hashes.length) {
            offsets = Arrays.copyOf(offsets, 2 * count);
            hashes = Arrays.copyOf(hashes, 2 * count);
        }
        offsets[count] = Math.toIntExact(offset - first);
        hashes[count] = hash(imageId);
        count++;
    }

    /** Whether this image may lie at an offset: it does, or nothing is known of the offset. */
    boolean mayBe(long offset, String imageId) {
        if (first < 0 || offset < first || offset - first > Integer.MAX_VALUE) {
            return true;
        }
        int found = Arrays.binarySearch(offsets, 0, count, (int) (offset - first));
        return found < 0 || hashes[found] == hash(imageId);
    }

    /** FNV-1a, 64 bits. */
    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
