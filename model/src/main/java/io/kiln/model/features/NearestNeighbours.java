package io.kiln.model.features;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The nearest embeddings by cosine vote, each with the weight exp(cosine / 0.07): the protocol of
 * Wu et al. 2018 (arXiv 1805.01978), which DINO took over.
 */
public final class NearestNeighbours implements Classifier {
    static final int NEIGHBOURS = 20;
    private static final double TEMPERATURE = 0.07;

    private record Neighbour(int label, double cosine) {}

    @Override
    public int[] classify(double[][] train, int[] labels, int classes, double[][] test) {
        double[][] units = Arrays.stream(train).map(Vectors::unit).toArray(double[][]::new);
        return IntStream.range(0, test.length)
                .parallel()
                .map(i -> vote(Vectors.unit(test[i]), units, labels, classes))
                .toArray();
    }

    private static int vote(double[] unit, double[][] train, int[] labels, int classes) {
        List<Neighbour> nearest =
                IntStream.range(0, train.length)
                        .mapToObj(
                                i ->
                                        new Neighbour(
                                                labels[i],
                                                Vectors.dot(unit, train[i], unit.length)))
                        .sorted(Comparator.comparingDouble(Neighbour::cosine).reversed())
                        .limit(NEIGHBOURS)
                        .toList();
        double[] votes = new double[classes];
        for (Neighbour neighbour : nearest) {
            votes[neighbour.label] += Math.exp((neighbour.cosine - 1) / TEMPERATURE);
        }
        return Vectors.largest(votes);
    }
}
