package io.kiln.images;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

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

    /**
     * Ranges that are written as their limits, one after the other.
     *
     * @param limits lowest and highest value in turn
     */
    public static List<SampleRange> ofLimits(List<Double> limits) {
        List<SampleRange> ranges = new ArrayList<>();
        for (int i = 0; i + 1 < limits.size(); i += 2) {
            ranges.add(new SampleRange(limits.get(i), limits.get(i + 1)));
        }
        return ranges;
    }
}
