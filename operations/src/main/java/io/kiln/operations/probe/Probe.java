package io.kiln.operations.probe;

import io.kiln.operations.OperationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * How well classes can be told by the features of a frozen encoder. Pictures of each class are
 * dealt to folds at random; each fold is told from what the others teach.
 *
 * @param pictures how many there are
 * @param classes how many there are
 * @param embeddingSize values of an embedding
 * @param chance share of the largest class: what always naming it would get right
 * @param nearest accuracy of {@link NearestNeighbours}
 * @param linear accuracy of {@link Ridge}
 */
public record Probe(
        int pictures,
        int classes,
        int embeddingSize,
        double chance,
        Accuracy nearest,
        Accuracy linear) {

    /**
     * Shares of pictures that were told rightly.
     *
     * @param folds of each fold
     */
    public record Accuracy(List<Double> folds) {
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

    /**
     * Probes an encoder.
     *
     * @param encoder file that a training run wrote
     * @param folder with a folder of pictures for each class
     * @param folds 2 or more
     * @param seed of the folds
     * @param progress is told how many pictures have been embedded
     * @throws OperationException if the encoder or a picture cannot be used, or there are too few
     */
    public static Probe of(Path encoder, Path folder, int folds, long seed, IntConsumer progress) {
        ClassFolders data = ClassFolders.read(folder, folds);
        double[][] embeddings;
        try (FrozenEncoder frozen = FrozenEncoder.open(encoder)) {
            embeddings = frozen.embed(data.pictures(), progress);
        }
        int[] fold = folds(data.labels(), data.classes().size(), folds, seed);
        int[] counts = new int[data.classes().size()];
        for (int label : data.labels()) {
            counts[label]++;
        }
        int largest = Arrays.stream(counts).max().orElseThrow();
        return new Probe(
                embeddings.length,
                counts.length,
                embeddings[0].length,
                (double) largest / embeddings.length,
                accuracy(new NearestNeighbours(), embeddings, data, fold, folds),
                accuracy(new Ridge(), embeddings, data, fold, folds));
    }

    /** The fold of each picture; those of a class are dealt evenly. */
    static int[] folds(int[] labels, int classes, int folds, long seed) {
        Random random = new Random(seed);
        int[] fold = new int[labels.length];
        int next = 0;
        for (int c = 0; c < classes; c++) {
            int label = c;
            List<Integer> members = new ArrayList<>();
            IntStream.range(0, labels.length).filter(i -> labels[i] == label).forEach(members::add);
            Collections.shuffle(members, random);
            for (int member : members) {
                fold[member] = next++ % folds;
            }
        }
        return fold;
    }

    private static Accuracy accuracy(
            Classifier classifier, double[][] all, ClassFolders data, int[] fold, int folds) {
        List<Double> shares = new ArrayList<>();
        for (int f = 0; f < folds; f++) {
            int tested = f;
            int[] train = where(all.length, i -> fold[i] != tested);
            int[] test = where(all.length, i -> fold[i] == tested);
            int[] found =
                    classifier.classify(
                            rows(all, train),
                            labels(data, train),
                            data.classes().size(),
                            rows(all, test));
            int[] expected = labels(data, test);
            long right =
                    IntStream.range(0, found.length).filter(i -> found[i] == expected[i]).count();
            shares.add((double) right / found.length);
        }
        return new Accuracy(shares);
    }

    private static int[] where(int size, IntPredicate condition) {
        return IntStream.range(0, size).filter(condition).toArray();
    }

    private static double[][] rows(double[][] all, int[] which) {
        return Arrays.stream(which).mapToObj(i -> all[i]).toArray(double[][]::new);
    }

    private static int[] labels(ClassFolders data, int[] which) {
        return Arrays.stream(which).map(i -> data.labels()[i]).toArray();
    }
}
