package io.kiln.evaluation.images;

import io.kiln.schemas.Geometry;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.util.List;

/**
 * What images must have in common to be measured together.
 *
 * @param geometry their sizes, those of patches included
 * @param sampleBytes bytes of a sample
 * @param valueRange values that became 0 and 1
 * @param maskRatio share of the patches that are masked
 */
public record ImageKind(
        Geometry geometry, int sampleBytes, List<Double> valueRange, double maskRatio) {
    public ImageKind {
        valueRange = List.copyOf(valueRange);
    }

    /** The kind of an image. */
    public static ImageKind of(SparseBatch image) {
        return new ImageKind(
                image.getGeometry(),
                image.getSampleType() == SampleType.UINT16 ? 2 : 1,
                image.getValueRange(),
                image.getMaskRatio());
    }

    /** Whether a network that takes this input can be measured with them. */
    boolean fits(InputSpec input) {
        return geometry.getHeight() == input.getHeight()
                && geometry.getWidth() == input.getWidth()
                && geometry.getChannels() == input.getChannels()
                && sampleBytes * Byte.SIZE == input.getSampleBits()
                && valueRange.equals(input.getValueRange());
    }
}
