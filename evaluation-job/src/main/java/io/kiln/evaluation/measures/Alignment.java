package io.kiln.evaluation.measures;

/**
 * How near the features of two views of an image are (Wang and Isola, "Understanding Contrastive
 * Representation Learning through Alignment and Uniformity on the Hypersphere", ICML 2020, section
 * 4.1, with exponent 2): the mean squared distance of the features at length 1. 0: views of one
 * image have the same features. 2: they are at right angles, as those of different images at best
 * are.
 */
public final class Alignment {
    private Alignment() {}

    /**
     * @param one features of a view of each image
     * @param other features of another view of the same images, in the same order
     * @return 0 to 4; NaN if features of an image are all 0, or one is not finite
     */
    public static double of(Features one, Features other) {
        if (one.images() != other.images() || one.size() != other.size()) {
            throw new IllegalArgumentException(
                    one.images()
                            + " x "
                            + one.size()
                            + " and "
                            + other.images()
                            + " x "
                            + other.size()
                            + " features; expected two views of the same images");
        }
        double sum = 0;
        for (int row = 0; row < one.images(); row++) {
            double product = 0;
            double square = 0;
            double otherSquare = 0;
            for (int column = 0; column < one.size(); column++) {
                product += one.at(row, column) * other.at(row, column);
                square += one.at(row, column) * one.at(row, column);
                otherSquare += other.at(row, column) * other.at(row, column);
            }
            double cosine = product / (Math.sqrt(square) * Math.sqrt(otherSquare));
            sum += Double.isNaN(cosine) ? Double.NaN : Math.max(0, 2 - 2 * cosine);
        }
        return sum / one.images();
    }
}
