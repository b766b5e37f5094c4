package io.kiln.masking.sampling;

import java.util.Arrays;

/** The random patch mask (SparK, section 3.1; spark.py, mask): which patches stay visible. */
final class PatchMask {
    private PatchMask() {}

    /**
     * Draws without replacement, each subset equally likely: the first steps of Fisher and Yates'
     * shuffle.
     *
     * @param patches number of patches, rows times columns of the grid
     * @param keep how many stay visible, from 1 to patches - 1
     * @return indexes of the active patches in row-major order, ascending
     */
    static int[] draw(SampleRandom random, int patches, int keep) {
        if (keep < 1 || keep >= patches) {
            throw new IllegalArgumentException(
                    "keep " + keep + " is not allowed; expected 1 to " + (patches - 1));
        }
        int[] order = new int[patches];
        Arrays.setAll(order, i -> i);
        for (int i = 0; i < keep; i++) {
            int j = i + random.below(patches - i);
            int drawn = order[j];
            order[j] = order[i];
            order[i] = drawn;
        }
        int[] active = Arrays.copyOf(order, keep);
        Arrays.sort(active);
        return active;
    }
}
