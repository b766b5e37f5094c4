package io.kiln.masking.sampling;

import java.util.Arrays;

/** The random patch mask: which patches stay active (SparK, section 3.1; spark.py, mask). */
final class PatchMask {
    private PatchMask() {}

    /**
     * Draws without replacement, each subset equally likely: the first steps of the Fisher–Yates
     * shuffle.
     *
     * @param patches number of patches, rows times columns of the grid
     * @param keep how many stay active, from 1 to patches - 1
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

    /**
     * The patches that are not active.
     *
     * @param active indexes, ascending
     * @param patches number of patches
     * @return indexes of the masked patches, ascending
     */
    static int[] masked(int[] active, int patches) {
        int[] masked = new int[patches - active.length];
        int next = 0;
        int to = 0;
        for (int i = 0; i < patches; i++) {
            if (next < active.length && active[next] == i) {
                next++;
            } else {
                masked[to++] = i;
            }
        }
        return masked;
    }
}
