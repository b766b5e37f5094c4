package io.kiln.masking;

import java.util.Arrays;

/** Draws which patches of an image stay visible (spark-method, section 1). */
final class PatchMask {
    private PatchMask() {}

    /**
     * Draws uniformly without replacement.
     *
     * @param patches patches of an image
     * @param keep how many stay visible
     * @return [keep], ascending
     */
    static int[] draw(int patches, int keep, SampleRandom random) {
        int[] order = new int[patches];
        Arrays.setAll(order, i -> i);
        for (int i = 0; i < keep; i++) {
            int other = i + random.below(patches - i);
            int drawn = order[other];
            order[other] = order[i];
            order[i] = drawn;
        }
        int[] kept = Arrays.copyOf(order, keep);
        Arrays.sort(kept);
        return kept;
    }
}
