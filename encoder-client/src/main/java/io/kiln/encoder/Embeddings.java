package io.kiln.encoder;

import java.util.List;

/**
 * Embeddings of images, all of one version. Those of different versions must not be compared.
 *
 * @param model name of the model
 * @param runId run that made the version
 * @param version of the encoder
 * @param values an array for each image, in the order of the images
 */
public record Embeddings(String model, String runId, long version, List<float[]> values) {
    public Embeddings {
        values = List.copyOf(values);
    }
}
