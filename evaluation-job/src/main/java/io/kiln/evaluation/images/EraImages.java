package io.kiln.evaluation.images;

import io.kiln.schemas.SparseBatch;
import java.util.List;

/**
 * The sample of one era.
 *
 * @param first held-out image of the era, counted from 1
 * @param last held-out image of the era
 * @param images the sample, in a fixed order
 */
public record EraImages(long first, long last, List<SparseBatch> images) {
    public EraImages {
        images = List.copyOf(images);
    }
}
