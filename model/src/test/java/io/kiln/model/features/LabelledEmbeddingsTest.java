package io.kiln.model.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LabelledEmbeddingsTest {
    @Test
    void labelsWithoutMeaningAreToldByChance() {
        Random random = new Random(3);
        double[][] noise =
                IntStream.range(0, 600)
                        .mapToObj(i -> random.doubles(20, -1, 1).toArray())
                        .toArray(double[][]::new);
        int[] labels = IntStream.range(0, 600).map(i -> random.nextInt(2)).toArray();
        for (Classifier classifier : List.of(new NearestNeighbours(), new Ridge())) {
            int[] found = classifier.classify(noise, labels, 2, fresh(random));
            double share = IntStream.of(found).average().orElseThrow();
            assertThat(share).as(classifier.getClass().getSimpleName()).isBetween(0.2, 0.8);
        }
    }

    private static double[][] fresh(Random random) {
        return IntStream.range(0, 200)
                .mapToObj(i -> random.doubles(20, -1, 1).toArray())
                .toArray(double[][]::new);
    }

    /** Classes that lie apart are told, until their labels are shuffled. */
    @Test
    void shuffledLabelsBringAccuracyDownToChance() {
        Random random = new Random(5);
        List<Integer> labels =
                new ArrayList<>(IntStream.range(0, 400).mapToObj(i -> i % 2).toList());
        double[][] apart =
                labels.stream()
                        .map(label -> random.doubles(20, 2 * label - 1, 2 * label + 1).toArray())
                        .toArray(double[][]::new);
        requireAccuracy(apart, labels, 0.95, 1);
        Collections.shuffle(labels, random);
        requireAccuracy(apart, labels, 0.4, 0.6);
    }

    @Test
    void imagesThatAreToldRightlyAreNamed() {
        double[][] embeddings = {{1, 0}, {1, 0.1}, {0, 1}, {0.1, 1}, {1, 0.2}, {0.2, 1}};
        LabelledEmbeddings labelled =
                new LabelledEmbeddings(embeddings, new int[] {0, 0, 1, 1, 0, 0}, 2);
        int[] fold = {0, 0, 0, 0, 1, 1}; // the last image lies among those of the other class
        assertThat(labelled.right(new NearestNeighbours(), fold, 1)).containsExactly(4);
        assertThat(labelled.accuracy(new NearestNeighbours(), fold, 1)).isEqualTo(0.5);
    }

    private static void requireAccuracy(
            double[][] embeddings, List<Integer> labels, double least, double most) {
        int[] numbers = labels.stream().mapToInt(Integer::intValue).toArray();
        LabelledEmbeddings labelled = new LabelledEmbeddings(embeddings, numbers, 2);
        for (Classifier classifier : List.of(new NearestNeighbours(), new Ridge())) {
            assertThat(labelled.accuracy(classifier, labelled.folds(5, 0)).mean())
                    .as(classifier.getClass().getSimpleName())
                    .isBetween(least, most);
        }
    }

    @Test
    void imagesOfAClassAreDealtEvenly() {
        int[] labels = IntStream.range(0, 23).map(i -> i < 9 ? 0 : 1).toArray();
        LabelledEmbeddings labelled = new LabelledEmbeddings(new double[23][1], labels, 2);
        int[] fold = labelled.folds(4, 5);
        for (int f = 0; f < 4; f++) {
            int tested = f;
            assertThat(IntStream.range(0, 23).filter(i -> fold[i] == tested)).hasSizeBetween(5, 6);
            assertThat(IntStream.range(0, 9).filter(i -> fold[i] == tested)).hasSizeBetween(2, 3);
        }
        assertThat(labelled.chance()).isEqualTo(14 / 23.0);
        assertThat(labelled.folds(4, 5)).isEqualTo(fold);
        assertThat(labelled.folds(4, 6)).isNotEqualTo(fold);
    }

    @Test
    void factorSolvesItsEquations() {
        double[][] matrix = {{4}, {2, 5}, {-1, 1, 3}};
        double[] solution = Cholesky.of(matrix, 0.5).solve(new double[] {1.5, 9.5, 8.5});
        double[][] whole = {{4.5, 2, -1}, {2, 5.5, 1}, {-1, 1, 3.5}};
        for (int i = 0; i < 3; i++) {
            assertThat(Vectors.dot(whole[i], solution, 3))
                    .isCloseTo(new double[] {1.5, 9.5, 8.5}[i], within(1e-12));
        }
    }
}
