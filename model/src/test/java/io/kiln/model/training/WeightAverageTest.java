package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WeightAverageTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);
    private static final MovingAverage AVERAGE = new MovingAverage(0.5, 4, 1);

    @TempDir Path directory;

    private static TrainerSettings settings(Family family, Precision precision) {
        return TestBatches.settings(TestBatches.architecture(family), GEOMETRY, precision, 0.05);
    }

    private static Trainer averaged(Family family) {
        return new Trainer(settings(family, Precision.FP32).averaged(AVERAGE));
    }

    private static Trainer merging(Family family, int count) {
        return new Trainer(settings(family, Precision.FP32).averaged(new MergedWeights(count, 2)));
    }

    private static Trainer plain(Family family) {
        return new Trainer(settings(family, Precision.FP32));
    }

    private static void train(Trainer trainer, int from, int to) {
        for (int i = from; i < to; i++) {
            trainer.step(batch(i));
        }
    }

    private static MaskedBatch batch(long seed) {
        return TestBatches.bytes(GEOMETRY, 4, 2, seed);
    }

    private static byte[] saved(Trainer trainer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        trainer.save(out);
        return out.toByteArray();
    }

    private static void load(Trainer trainer, byte[] state) throws IOException {
        trainer.load(new ByteArrayInputStream(state));
    }

    private static Map<String, double[]> weights(Trainer trainer) {
        Map<String, double[]> weights = new LinkedHashMap<>();
        trainer.model()
                .weights()
                .parameters()
                .forEach(p -> weights.put(p.name(), NetworkTensors.doubles(p.value())));
        return weights;
    }

    private Map<String, double[]> averages(Trainer trainer) throws IOException {
        Map<String, double[]> averages = new LinkedHashMap<>();
        try (SafeTensorsFile file = SafeTensorsFile.open(file("state", saved(trainer)))) {
            for (TensorHeader tensor : file.tensors()) {
                if (tensor.name().startsWith("average.")) {
                    averages.put(
                            tensor.name().replaceFirst("average\\.", ""),
                            doubles(file.data(tensor.name()), tensor.type()));
                }
            }
        }
        return averages;
    }

    private static double[] doubles(ByteBuffer values, TensorType type) {
        ByteBuffer ordered = values.order(ByteOrder.LITTLE_ENDIAN);
        int bytes = type == TensorType.F64 ? Double.BYTES : Float.BYTES;
        double[] doubles = new double[ordered.remaining() / bytes];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = type == TensorType.F64 ? ordered.getDouble() : ordered.getFloat();
        }
        return doubles;
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(directory.resolve(name), bytes);
    }

    /**
     * Every step, 2/5 of the average stay, then 1/2: the warm-up is over. Every second step, 2/5
     * would, but 1/2 of a step is 1/4 of two.
     */
    @ParameterizedTest
    @CsvSource({"1, 0 0.4 0.5 0.5 0.5", "2, 0 0.25 1 0.25 1"})
    void theAverageIsTheFormula(int everySteps, String stays) throws IOException {
        MovingAverage average = new MovingAverage(0.5, 4, everySteps);
        String[] shares = stays.split(" ");
        try (Trainer trainer =
                new Trainer(settings(Family.RESNET_BASIC, Precision.FP64).averaged(average))) {
            Map<String, double[]> expected = new LinkedHashMap<>();
            for (int step = 0; step < shares.length; step++) {
                trainer.step(batch(step));
                double decay = Double.parseDouble(shares[step]);
                weights(trainer)
                        .forEach(
                                (name, now) -> {
                                    double[] sum =
                                            expected.computeIfAbsent(
                                                    name, n -> new double[now.length]);
                                    for (int i = 0; i < sum.length; i++) {
                                        sum[i] = decay * sum[i] + (1 - decay) * now[i];
                                    }
                                });
            }
            Map<String, double[]> found = averages(trainer);
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            expected.forEach(
                    (name, values) ->
                            assertThat(found.get(name)).containsExactly(values, within(1e-12)));
            assertThat(found.get("sparse_encoder.sp_cnn.conv1.weight"))
                    .isNotEqualTo(weights(trainer).get("sparse_encoder.sp_cnn.conv1.weight"));
        }
    }

    /** With 2 of every second step: as trained until step 2, then the mean of up to two. */
    @Test
    void theMergedAreTheMeanOfTheWeightsAtTheLastMultiples() throws IOException {
        try (Trainer trainer = merging(Family.RESNET_BASIC, 2)) {
            Map<Integer, Map<String, double[]>> at = new LinkedHashMap<>();
            for (int step = 1; step <= 7; step++) {
                trainer.step(batch(step));
                at.put(step, weights(trainer));
                int last = Math.max(step / 2 * 2, 1);
                Map<String, double[]> newest = at.get(last);
                Map<String, double[]> older = at.get(Math.max(last - 2, Math.min(last, 2)));
                averages(trainer)
                        .forEach(
                                (name, values) -> {
                                    double[] mean = newest.get(name).clone();
                                    for (int i = 0; i < mean.length; i++) {
                                        mean[i] = (mean[i] + older.get(name)[i]) / 2;
                                    }
                                    assertThat(values).as(name).containsExactly(mean, within(1e-6));
                                });
            }
        }
    }

    /** It would be a mean of other weights than the configuration says. */
    @Test
    void averageOfAnotherKindIsPassedOver() throws IOException {
        try (Trainer moving = averaged(Family.RESNET_BASIC);
                Trainer two = merging(Family.RESNET_BASIC, 2);
                Trainer three = merging(Family.RESNET_BASIC, 3);
                Trainer plain = plain(Family.RESNET_BASIC)) {
            train(moving, 0, 3);
            for (Trainer next : List.of(two, three, plain)) {
                load(next, saved(moving));
                train(next, 3, 5);
                train(moving, 3, 5);
                assertThat(weights(next).get("sparse_encoder.sp_cnn.conv1.weight"))
                        .isEqualTo(weights(moving).get("sparse_encoder.sp_cnn.conv1.weight"));
                load(moving, saved(next));
                averages(moving)
                        .forEach((name, v) -> assertThat(v).isEqualTo(weights(moving).get(name)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void statesAreEqualBitForBitSavedInBetweenOrNot(Family family) throws IOException {
        for (AverageSettings average : List.of(AVERAGE, new MergedWeights(2, 2))) {
            TrainerSettings settings = settings(family, Precision.FP32).averaged(average);
            try (Trainer whole = new Trainer(settings);
                    Trainer first = new Trainer(settings);
                    Trainer second = new Trainer(settings)) {
                train(whole, 0, 6);
                train(first, 0, 3);
                load(second, saved(first));
                train(second, 3, 6);
                assertThat(saved(second)).isEqualTo(saved(whole));
            }
        }
    }

    @Test
    void trainedWeightsAreThoseOfARunWithoutAnAverage() throws IOException {
        try (Trainer with = averaged(Family.RESNET_BASIC);
                Trainer without = plain(Family.RESNET_BASIC);
                Trainer goesOn = plain(Family.RESNET_BASIC)) {
            train(with, 0, 4);
            train(without, 0, 4);
            load(goesOn, saved(with)); // which has an average that this one does not want
            assertThat(saved(goesOn)).isEqualTo(saved(without));
        }
    }

    @Test
    void averageOfAStateWithoutOneBeginsWithItsWeights() throws IOException {
        try (Trainer before = plain(Family.RESNET_BASIC);
                Trainer after = averaged(Family.RESNET_BASIC)) {
            train(before, 0, 3);
            load(after, saved(before));
            Map<String, double[]> average = averages(after);
            weights(before)
                    .forEach((name, values) -> assertThat(average.get(name)).isEqualTo(values));
            train(after, 3, 5);
            train(before, 3, 5);
            assertThat(weights(after).get("sparse_encoder.sp_cnn.conv1.weight"))
                    .isEqualTo(weights(before).get("sparse_encoder.sp_cnn.conv1.weight"));
            assertThat(averages(after).get("sparse_encoder.sp_cnn.conv1.weight"))
                    .isNotEqualTo(weights(after).get("sparse_encoder.sp_cnn.conv1.weight"));
        }
    }

    /** A network that is trained no further, whose weights are the average, publishes the same. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void publishedAreTheAveragesWeightsWithTheStatisticsThatTheyShow(Family family)
            throws IOException {
        MaskedBatch recent = batch(9);
        try (Trainer trainer = averaged(family);
                Trainer average = plain(family)) {
            train(trainer, 0, 4);
            byte[] before = saved(trainer);
            load(average, withAveragesAsWeights(before));
            try (WholeImageEncoder ours = trainer.encoder(recent);
                    WholeImageEncoder expected = average.encoder(recent)) {
                expected.tensors()
                        .arrays()
                        .forEach(
                                (name, array) ->
                                        assertThat(
                                                        NetworkTensors.doubles(
                                                                ours.tensors().array(name)))
                                                .as(name)
                                                .isEqualTo(NetworkTensors.doubles(array)));
                assertThat(ours.tensors().counters()).isEqualTo(expected.tensors().counters());
                assertThat(ours.statistics()).isEqualTo(expected.statistics());
                assertThat(ours.maskedStatistics().keySet())
                        .isEqualTo(expected.maskedStatistics().keySet());
                ours.maskedStatistics()
                        .forEach(
                                (name, array) ->
                                        assertThat(NetworkTensors.doubles(array))
                                                .as(name)
                                                .isNotEqualTo(
                                                        NetworkTensors.doubles(
                                                                expected.maskedStatistics()
                                                                        .get(name))));
            }
            assertThat(saved(trainer)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void measuredIsTheAverage(Family family) throws IOException {
        try (Trainer trainer = averaged(family)) {
            train(trainer, 0, 4);
            byte[] state = saved(trainer);
            double expected = loss(file("average", withAveragesAsWeights(state)), family);
            assertThat(loss(file("both", state), family)).isEqualTo(expected);
        }
    }

    private static double loss(Path state, Family family) throws IOException {
        try (TrainedNetwork network =
                TrainedNetwork.open(
                        state,
                        TestBatches.architecture(family),
                        Normalisation.IMAGENET,
                        Kernels.FAST,
                        "cpu")) {
            return network.loss(batch(7)).getAsDouble();
        }
    }

    private byte[] withAveragesAsWeights(byte[] state) throws IOException {
        try (SafeTensorsFile file = SafeTensorsFile.open(file("with", state))) {
            SafeTensorsWriter writer = new SafeTensorsWriter();
            for (TensorHeader tensor : file.tensors()) {
                String average = WeightAverage.name(tensor.name());
                String from = file.tensor(average).isPresent() ? average : tensor.name();
                if (!WeightAverage.isName(tensor.name())) {
                    ByteBuffer values = file.data(from);
                    writer.add(tensor.name(), tensor.type(), tensor.shape(), values::duplicate);
                }
            }
            Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
            metadata.remove("averaged");
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (OutputStream to = out) {
                writer.write(to, metadata);
            }
            return out.toByteArray();
        }
    }
}
