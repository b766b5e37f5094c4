package io.kiln.evaluation.measures;

/** How much features differ from image to image. */
public final class FeatureSpread {
    /** A feature that changes by less, of its largest magnitude, is the same for all images. */
    private static final double SAME = 1e-5;

    private FeatureSpread() {}

    /**
     * Mean over the features of their standard deviation over the images, each image's features
     * scaled to length 1, times the root of the number of features (Chen and He, "Exploring Simple
     * Siamese Representation Learning", CVPR 2021, section 4.1 and figure 2): 1 if the images lie
     * evenly in all directions, 0 if the encoder has collapsed.
     */
    public static double of(Features features) {
        int images = features.images();
        int size = features.size();
        double[] lengths = new double[images];
        for (int row = 0; row < images; row++) {
            double square = 0;
            for (int column = 0; column < size; column++) {
                square += features.at(row, column) * features.at(row, column);
            }
            lengths[row] = square > 0 ? Math.sqrt(square) : 1;
        }
        double sum = 0;
        for (int column = 0; column < size; column++) {
            sum += deviation(features, column, lengths);
        }
        return sum / size * Math.sqrt(size);
    }

    private static double deviation(Features features, int column, double[] lengths) {
        double mean = 0;
        for (int row = 0; row < lengths.length; row++) {
            mean += features.at(row, column) / lengths[row] / lengths.length;
        }
        double variance = 0;
        for (int row = 0; row < lengths.length; row++) {
            double difference = features.at(row, column) / lengths[row] - mean;
            variance += difference * difference / lengths.length;
        }
        return Math.sqrt(variance);
    }

    /** Share of the features that are the same for all images, 0 to 1. */
    public static double dead(Features features) {
        int dead = 0;
        for (int column = 0; column < features.size(); column++) {
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (int row = 0; row < features.images(); row++) {
                low = Math.min(low, features.at(row, column));
                high = Math.max(high, features.at(row, column));
            }
            if (high - low <= SAME * Math.max(Math.abs(low), Math.abs(high))) {
                dead++;
            }
        }
        return (double) dead / features.size();
    }
}
