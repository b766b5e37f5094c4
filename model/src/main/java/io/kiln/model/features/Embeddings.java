package io.kiln.model.features;

import io.kiln.model.network.Architecture;
import io.kiln.model.script.ImageEncoder.FeatureMap;

/** What a service stores of an image. */
public final class Embeddings {
    private static final double EPSILON = 1e-6; // of timm's head.norm

    private Embeddings() {}

    /**
     * The embedding of an image, as timm gives it with num_classes=0: the means of the last stage's
     * channels, in a ConvNeXt normalised to mean 0 and variance 1.
     *
     * @param last map of the last stage
     */
    public static double[] of(Architecture architecture, FeatureMap last, int image) {
        double[] means = last.means(image);
        if (!architecture.family().usesBatchNorm()) {
            Vectors.standardise(means, EPSILON);
        }
        return means;
    }
}
