package io.kiln.model.layers;

import io.kiln.model.batch.PatchGrid;
import io.kiln.model.torch.SeededRandom;

/**
 * Drop-path, or stochastic depth (Huang et al., ECCV 2016): which residual branches a step drops
 * for which images. Equal seeds and steps draw equally.
 *
 * @param seed of the run
 * @param step of the optimiser
 * @param enabled whether branches are dropped at all
 */
public record DropPath(long seed, long step, boolean enabled) {
    /** No branch is dropped. */
    public static final DropPath OFF = new DropPath(0, 0, false);

    /**
     * Factors of a residual branch.
     *
     * @param block number of the block
     * @param rate probability that an image drops the branch, below 1
     * @return [active patches]: 0 for the patches of images that drop it, 1 / (1 − rate) for others
     */
    double[] factors(int block, double rate, PatchGrid grid) {
        SeededRandom random =
                SeededRandom.of(seed ^ Long.rotateLeft(step, 32), "drop-path " + block);
        double[] images = new double[grid.images()];
        for (int i = 0; i < images.length; i++) {
            images[i] = random.nextDouble() < rate ? 0 : 1 / (1 - rate);
        }
        double[] patches = new double[grid.active()];
        for (int i = 0; i < patches.length; i++) {
            patches[i] = images[grid.imageOf(i)];
        }
        return patches;
    }
}
