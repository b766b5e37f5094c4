package io.kiln.masking.order;

import io.kiln.masking.records.MaskedImage;
import org.apache.flink.api.java.functions.KeySelector;

/**
 * The partition of the images topic that an image came from, as a string. Flink places a key by its
 * hash, and a string's hash is the same in every Java runtime.
 */
public final class ImagePartition implements KeySelector<MaskedImage, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String getKey(MaskedImage image) {
        return image.position().topic() + "-" + image.position().partition();
    }
}
