package io.kiln.encoder;

import java.util.List;

/**
 * Embeddings of images, all of one version and in one space.
 *
 * @param model name of the model
 * @param runId run that made the version
 * @param version of the encoder
 * @param space they lie in: the version's own, or the one that adapters took them into. Embeddings
 *     in different spaces must not be compared
 * @param values an array for each image, in the order of the images
 */
public record Embeddings(
        String model, String runId, long version, Space space, List<float[]> values) {
    public Embeddings {
        values = List.copyOf(values);
    }

    /**
     * Cosines between these embeddings and others, also of another version.
     *
     * @return [images, other images]; 0 where an embedding is 0
     * @throws DifferentSpacesException if the others lie in another space
     */
    public float[][] similarity(Embeddings others) {
        if (!space.equals(others.space)) {
            throw new DifferentSpacesException(space, others.space);
        }
        float[][] cosines = new float[values.size()][others.values.size()];
        for (int i = 0; i < cosines.length; i++) {
            for (int j = 0; j < cosines[i].length; j++) {
                cosines[i][j] = cosine(values.get(i), others.values.get(j));
            }
        }
        return cosines;
    }

    private static float cosine(float[] one, float[] other) {
        double product = 0;
        double ones = 0;
        double others = 0;
        for (int i = 0; i < one.length; i++) {
            product += (double) one[i] * other[i];
            ones += (double) one[i] * one[i];
            others += (double) other[i] * other[i];
        }
        double norms = Math.sqrt(ones) * Math.sqrt(others);
        return norms == 0 ? 0 : (float) (product / norms);
    }
}
