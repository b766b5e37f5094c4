package io.kiln.images;

import java.io.Serializable;

/**
 * Values of a file that become the lowest and the highest value of a sample.
 *
 * @param min becomes the lowest, as does all below
 * @param max becomes the highest, as does all above; larger than min
 */
public record SampleRange(double min, double max) implements Serializable {
    public SampleRange {
        if (!(min < max) || !Double.isFinite(max - min)) {
            throw new IllegalArgumentException(
                    "a range from " + min + " to " + max + "; expected the lower value first");
        }
    }
}
