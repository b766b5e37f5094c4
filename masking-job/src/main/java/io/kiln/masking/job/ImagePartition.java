package io.kiln.masking.job;

import io.kiln.masking.sampling.MaskedImage;
import org.apache.flink.api.java.functions.KeySelector;

/**
 * The partition of the images topic that an image came from. A string, because its hash, by which
 * Flink places it, is the same in every Java runtime.
 */
final class ImagePartition implements KeySelector<MaskedImage, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String getKey(MaskedImage image) {
        return image.position().topic() + "-" + image.position().partition();
    }
}
