package io.kiln.model.features;

import java.util.List;

/**
 * Shares of images that a classifier told rightly.
 *
 * @param folds of each fold
 */
public record Accuracy(List<Double> folds) {
    public Accuracy {
        folds = List.copyOf(folds);
    }

    /** Mean over the folds. */
    public double mean() {
        return folds.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** Standard deviation over the folds. */
    public double spread() {
        double mean = mean();
        double sum = folds.stream().mapToDouble(f -> (f - mean) * (f - mean)).sum();
        return Math.sqrt(sum / (folds.size() - 1));
    }
}
