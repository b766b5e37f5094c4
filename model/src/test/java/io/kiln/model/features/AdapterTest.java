package io.kiln.model.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.weights.SafeTensorsFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterTest {
    private static final int SIZE = 12;
    private static final int IMAGES = 60;

    @TempDir private Path folder;

    private static double[][] embeddings(long seed) {
        Random random = new Random(seed);
        return IntStream.range(0, IMAGES)
                .mapToObj(i -> random.doubles(SIZE, 0, 1).map(x -> x * x).toArray())
                .toArray(double[][]::new);
    }

    /** Turns by 1 rad in each pair of neighbouring directions in turn, and mirrors the first. */
    private static double[] turned(double[] row) {
        double[] turned = row.clone();
        for (int i = 0; i + 1 < SIZE; i++) {
            double first = turned[i];
            turned[i] = Math.cos(1) * first - Math.sin(1) * turned[i + 1];
            turned[i + 1] = Math.sin(1) * first + Math.cos(1) * turned[i + 1];
        }
        turned[0] = -turned[0];
        return turned;
    }

    private static double[][] turned(double[][] rows) {
        double[][] turned = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            turned[i] = turned(rows[i]);
            for (int j = 0; j < SIZE; j++) {
                turned[i][j] += 3 + j; // shifted too
            }
        }
        return turned;
    }

    @Test
    void rotatedAndShiftedEmbeddingsAreTakenBack() {
        double[][] from = embeddings(1);
        double[][] to = turned(from);
        Adapter adapter = Adapter.fit(from, to);
        for (int i = 0; i < IMAGES; i++) {
            assertThat(adapter.apply(to[i])).containsExactly(from[i], within(1e-7));
        }
        double[][] others = embeddings(2); // that it was not fitted to
        double[][] turned = turned(others);
        assertThat(adapter.apply(turned[0])).containsExactly(others[0], within(1e-7));
    }

    @Test
    void rotationIsOrthogonalAlsoOfEmbeddingsThatHaveNothingInCommon() {
        double[] rotation = Adapter.fit(embeddings(1), embeddings(2)).rotation();
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                double product = 0;
                for (int k = 0; k < SIZE; k++) {
                    product += rotation[i * SIZE + k] * rotation[j * SIZE + k];
                }
                assertThat(product).isCloseTo(i == j ? 1 : 0, within(1e-7));
            }
        }
    }

    /** Four images span three directions; the other nine stay where they are. */
    @Test
    void directionsThatNoImageHasAreNotTurned() {
        double[][] rows = new double[4][SIZE];
        for (int i = 0; i < 4; i++) {
            rows[i][i % 3] = 1 + i;
        }
        Adapter adapter = Adapter.fit(rows, rows);
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                assertThat(adapter.rotation()[i * SIZE + j])
                        .isCloseTo(i == j ? 1 : 0, within(1e-7));
            }
        }
    }

    @Test
    void fileHoldsWhatItNeeds() throws IOException {
        double[][] from = embeddings(1);
        Adapter adapter = Adapter.fit(from, turned(from));
        Path file = folder.resolve("adapter.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            adapter.write(out, Map.of("from", "3"));
        }
        try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
            assertThat(read.metadata()).isEqualTo(Map.of("from", "3"));
            assertThat(read.tensor("rotation").orElseThrow().shape())
                    .containsExactly((long) SIZE, (long) SIZE);
            assertThat(read.doubles("rotation")).containsExactly(adapter.rotation(), within(1e-6));
            assertThat(read.doubles("mean_from")).containsExactly(adapter.meanFrom(), within(1e-6));
            assertThat(read.doubles("mean_to")).containsExactly(adapter.meanTo(), within(1e-5));
        }
    }

    @Test
    void recallIsOneOfTheSameAndChanceOfOthers() {
        double[][] index = embeddings(1);
        NeighbourRecall recall = new NeighbourRecall(index);
        assertThat(recall.of(index)).isEqualTo(1);
        // 10 of 59 others are found by chance
        assertThat(recall.of(embeddings(9))).isBetween(0.1, 0.25);
        double[][] opposite = new double[IMAGES][SIZE];
        for (int i = 0; i < IMAGES; i++) {
            for (int j = 0; j < SIZE; j++) {
                opposite[i][j] = -index[i][j];
            }
        }
        assertThat(recall.of(opposite)).isZero();
    }
}
