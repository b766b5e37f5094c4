package io.kiln.model.features;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How much of what an index of old embeddings answers is still found by other queries: recall@10 of
 * the nearest others by cosine. An image is not among its own answers.
 */
public final class NeighbourRecall {
    /** Answers to a query. */
    public static final int NEIGHBOURS = 10;

    private final double[][] index;
    private final List<Set<Integer>> answers;

    /**
     * @param index old embeddings, more than {@link #NEIGHBOURS}; each is asked for its neighbours
     */
    public NeighbourRecall(double[][] index) {
        this.index = Arrays.stream(index).map(Vectors::unit).toArray(double[][]::new);
        this.answers =
                IntStream.range(0, index.length)
                        .parallel()
                        .mapToObj(i -> nearest(index[i], i))
                        .toList();
    }

    /**
     * Share of an image's answers that another query for it finds.
     *
     * @param image number of the image in the index
     */
    public double of(int image, double[] query) {
        Set<Integer> found = nearest(query, image);
        found.retainAll(answers.get(image));
        return (double) found.size() / NEIGHBOURS;
    }

    /** Mean recall over all images, of a query for each. */
    public double of(double[][] queries) {
        double[] each =
                IntStream.range(0, queries.length)
                        .parallel()
                        .mapToDouble(i -> of(i, queries[i]))
                        .toArray();
        double sum = 0;
        for (double one : each) {
            sum += one;
        }
        return sum / each.length;
    }

    /** The nearest but one; of equally near ones the first. */
    private Set<Integer> nearest(double[] query, int but) {
        double[] unit = Vectors.unit(query);
        int[] best = new int[NEIGHBOURS];
        double[] cosines = new double[NEIGHBOURS];
        int count = 0;
        for (int i = 0; i < index.length; i++) {
            if (i == but) {
                continue;
            }
            double cosine = Vectors.dot(unit, index[i], unit.length);
            int place = count;
            while (place > 0 && cosine > cosines[place - 1]) {
                place--;
            }
            if (place == NEIGHBOURS) {
                continue;
            }
            count = Math.min(count + 1, NEIGHBOURS);
            for (int j = count - 1; j > place; j--) {
                best[j] = best[j - 1];
                cosines[j] = cosines[j - 1];
            }
            best[place] = i;
            cosines[place] = cosine;
        }
        Set<Integer> nearest = new HashSet<>();
        for (int i = 0; i < count; i++) {
            nearest.add(best[i]);
        }
        return nearest;
    }
}
