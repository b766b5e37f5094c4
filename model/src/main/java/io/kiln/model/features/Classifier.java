package io.kiln.model.features;

/** Learns classes from embeddings, and tells them of others. */
public interface Classifier {
    /**
     * Learns from some embeddings and tells the classes of others.
     *
     * @param train embeddings with a label each
     * @param test embeddings
     * @return a label for each of the others
     */
    int[] classify(double[][] train, int[] labels, int classes, double[][] test);
}
