package io.kiln.masking.sampling;

import io.kiln.config.KilnConfig;
import io.kiln.masking.sampling.SampleRandom.Purpose;
import java.io.Serializable;

/**
 * Which images are held out of training: a share of them, by a hash of the image's id alone. So an
 * image that comes again is held out again, under every seed, and a larger share holds out all that
 * a smaller one does.
 *
 * @param share from 0 to less than 1
 */
public record Holdout(double share) implements Serializable {
    /** Holds out nothing. */
    public static final Holdout NONE = new Holdout(0);

    /** A part of the hash that no other use of ids shares. */
    private static final long SEED = 0;

    /** As configured. */
    public static Holdout of(KilnConfig config) {
        return new Holdout(config.evaluation().holdoutShare());
    }

    /** Whether an image is held out. */
    public boolean holds(String imageId) {
        return share > 0 && SampleRandom.ofImage(Purpose.HOLDOUT, SEED, imageId).uniform() < share;
    }
}
