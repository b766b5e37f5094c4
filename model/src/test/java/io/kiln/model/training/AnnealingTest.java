package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsFile;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AnnealingTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 96, 3, 32);
    private static final double RATE = 0.05;

    @TempDir Path directory;

    private static TrainerSettings settings(Family family) {
        return TestBatches.settings(
                TestBatches.architecture(family), GEOMETRY, Precision.FP32, RATE);
    }

    private static Trainer plain(Family family) {
        return new Trainer(settings(family));
    }

    private static Trainer annealing(Family family, int steps, long everySteps) {
        return new Trainer(settings(family).annealed(new AnnealingSettings(steps, everySteps)));
    }

    private static MaskedBatch batch(long seed) {
        return TestBatches.bytes(GEOMETRY, 4, 2, seed);
    }

    private static void train(Trainer trainer, int from, int to) {
        for (int i = from; i < to; i++) {
            trainer.step(batch(i));
        }
    }

    private static byte[] saved(Trainer trainer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        trainer.save(out);
        return out.toByteArray();
    }

    private static Trainer load(Trainer trainer, byte[] state) throws IOException {
        trainer.load(new ByteArrayInputStream(state));
        return trainer;
    }

    private SafeTensorsFile open(byte[] state) throws IOException {
        return SafeTensorsFile.open(
                Files.write(Files.createTempFile(directory, "state", ""), state));
    }

    /** A state in which the tensors under a prefix are the weights, and no others have one. */
    private byte[] asWeights(byte[] state, String prefix) throws IOException {
        try (SafeTensorsFile file = open(state)) {
            SafeTensorsWriter writer = new SafeTensorsWriter();
            for (TensorHeader tensor : file.tensors()) {
                String other = prefix + tensor.name();
                ByteBuffer values =
                        file.data(file.tensor(other).isPresent() ? other : tensor.name());
                if (!Annealing.isName(tensor.name())) {
                    writer.add(tensor.name(), tensor.type(), tensor.shape(), values::duplicate);
                }
            }
            Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
            metadata.keySet()
                    .removeIf(key -> key.startsWith("branch") || key.startsWith("annealed"));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            writer.write(out, metadata);
            return out.toByteArray();
        }
    }

    private List<String> tensors(byte[] state, String prefix) throws IOException {
        try (SafeTensorsFile file = open(state)) {
            return file.tensors().stream()
                    .map(TensorHeader::name)
                    .filter(name -> name.startsWith(prefix))
                    .toList();
        }
    }

    /** At each step, of two branches: state, loss and all else that a step tells. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void trainingIsThatOfARunWithoutAnnealing(Family family) throws IOException {
        try (Trainer with = annealing(family, 2, 3);
                Trainer without = plain(family);
                Trainer goesOn = plain(family)) {
            for (int step = 0; step < 7; step++) {
                assertThat(with.step(batch(step))).isEqualTo(without.step(batch(step)));
                byte[] state = saved(with);
                assertThat(asWeights(state, "none.")).isEqualTo(saved(without));
                load(goesOn, state); // whose branches this one does not want
                assertThat(saved(goesOn)).isEqualTo(saved(without));
            }
        }
    }

    /** Bit for bit, with a decay of the weights that does not depend on the end. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void theAnnealedWeightsAreThoseOfARunThatEndsThere(Family family) throws IOException {
        TrainerSettings ends =
                TestBatches.withSchedule(
                        settings(family), new WarmupStableDecay(RATE, 0, 5, 3, 0.04, 0.04));
        try (Trainer goesOn = annealing(family, 3, 5);
                Trainer ending = new Trainer(ends);
                Trainer annealed = plain(family)) {
            train(goesOn, 0, 5);
            train(ending, 0, 5);
            assertThat(goesOn.annealed()).contains(new AnnealingSpan(2, 3));
            load(annealed, asWeights(saved(goesOn), "annealed."));
            assertThat(weights(annealed)).isEqualTo(weights(ending));
            assertThat(weights(annealed)).isNotEqualTo(weights(goesOn));
            train(goesOn, 5, 6);
            assertThat(goesOn.annealed()).contains(new AnnealingSpan(2, 3)); // it waits
        }
    }

    private static Map<String, List<Double>> weights(Trainer trainer) {
        Map<String, List<Double>> weights = new LinkedHashMap<>();
        trainer.model()
                .weights()
                .parameters()
                .forEach(
                        p ->
                                weights.put(
                                        p.name(),
                                        Arrays.stream(NetworkTensors.doubles(p.value()))
                                                .boxed()
                                                .toList()));
        return weights;
    }

    /**
     * From each point on, one step gives the next state: before a branch, at any step of it, while
     * it waits to be published, and while the next one is under way beside it.
     */
    @ParameterizedTest
    @CsvSource({"RESNET_BASIC, 2, 4", "RESNET_BASIC, 3, 3", "CONVNEXT, 3, 4"})
    void branchesAreEqualBitForBitAfterAKillAtAnyPoint(Family family, int steps, long every)
            throws IOException {
        TrainerSettings settings = settings(family).annealed(new AnnealingSettings(steps, every));
        List<byte[]> states = new ArrayList<>();
        try (Trainer whole = new Trainer(settings)) {
            states.add(saved(whole));
            for (int step = 0; step < 8; step++) {
                whole.step(batch(step));
                states.add(saved(whole));
            }
        }
        assertThat(states)
                .anySatisfy(
                        state -> {
                            assertThat(tensors(state, "branch.")).isNotEmpty();
                            assertThat(tensors(state, "annealed.")).isNotEmpty();
                        });
        try (Trainer loads = new Trainer(settings)) {
            for (int step = 0; step < 8; step++) {
                try (Trainer restored =
                        Trainer.restore(settings, new ByteArrayInputStream(states.get(step)))) {
                    assertThat(saved(restored)).isEqualTo(states.get(step));
                    restored.step(batch(step));
                    assertThat(saved(restored)).isEqualTo(states.get(step + 1));
                }
                load(loads, states.get(step)); // in the place of other branches
                loads.step(batch(step));
                assertThat(saved(loads)).isEqualTo(states.get(step + 1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void publishedIsTheFinishedBranchUntilItIsGivenUp(Family family) throws IOException {
        MaskedBatch recent = batch(9);
        try (Trainer trainer = annealing(family, 2, 4);
                Trainer other = plain(family)) {
            train(trainer, 0, 3);
            assertThat(trainer.annealed()).isEmpty(); // a branch is under way
            assertSameWeights(trainer, load(other, asWeights(saved(trainer), "none.")), recent);
            train(trainer, 3, 4);
            byte[] before = saved(trainer);
            assertSameWeights(trainer, load(other, asWeights(before, "annealed.")), recent);
            assertThat(saved(trainer)).isEqualTo(before);
            trainer.discardAnnealed();
            assertThat(trainer.annealed()).isEmpty();
            assertThat(saved(trainer)).isEqualTo(asWeights(before, "none."));
            assertSameWeights(trainer, load(other, saved(trainer)), recent);
        }
    }

    private static void assertSameWeights(Trainer trainer, Trainer other, MaskedBatch recent) {
        try (WholeImageEncoder ours = trainer.encoder(recent);
                WholeImageEncoder expected = other.encoder(recent)) {
            assertThat(ours.tensors().counters()).isEqualTo(expected.tensors().counters());
            assertThat(ours.statistics()).isEqualTo(expected.statistics());
            expected.tensors()
                    .arrays()
                    .forEach(
                            (name, array) ->
                                    assertThat(NetworkTensors.doubles(ours.tensors().array(name)))
                                            .as(name)
                                            .isEqualTo(NetworkTensors.doubles(array)));
        }
    }

    /** A branch that is under way is nobody's published weights. */
    @Test
    void measuredIsTheFinishedBranch() throws IOException {
        try (Trainer trainer = annealing(Family.RESNET_BASIC, 2, 4)) {
            train(trainer, 0, 3);
            byte[] underWay = saved(trainer);
            train(trainer, 3, 4);
            byte[] finished = saved(trainer);
            assertThat(loss(underWay)).isEqualTo(loss(asWeights(underWay, "none.")));
            assertThat(loss(finished)).isEqualTo(loss(asWeights(finished, "annealed.")));
            assertThat(loss(finished)).isNotEqualTo(loss(asWeights(finished, "none.")));
        }
    }

    private double loss(byte[] state) throws IOException {
        Path file = Files.write(Files.createTempFile(directory, "measured", ""), state);
        try (TrainedNetwork network =
                TrainedNetwork.open(
                        file,
                        TestBatches.architecture(Family.RESNET_BASIC),
                        Normalisation.IMAGENET,
                        Kernels.FAST,
                        "cpu")) {
            return network.loss(batch(7)).getAsDouble();
        }
    }

    @Test
    void branchOfAnotherLengthIsGivenUp() throws IOException {
        try (Trainer two = annealing(Family.RESNET_BASIC, 2, 4);
                Trainer three = annealing(Family.RESNET_BASIC, 3, 4)) {
            train(two, 0, 3);
            load(three, saved(two));
            assertThat(saved(three)).isEqualTo(asWeights(saved(two), "none."));
            train(three, 3, 8);
            assertThat(three.annealed()).contains(new AnnealingSpan(5, 3));
        }
    }

    /** Neither the network in training nor the branch learns from it. */
    @Test
    void batchThatTrainingSkipsIsNoStepOfABranch() throws IOException {
        NormalisedBatch bad = TestBatches.normal(GEOMETRY, 4, 2, 5);
        bad.masked()[3] = Double.NaN;
        try (Trainer trainer = annealing(Family.RESNET_BASIC, 2, 4)) {
            train(trainer, 0, 3);
            assertThat(trainer.annealingLoss()).isPresent();
            byte[] before = saved(trainer);
            assertThat(trainer.step(bad).skipped()).isTrue();
            assertThat(saved(trainer)).isEqualTo(before);
            assertThat(trainer.annealingLoss()).isEmpty();
        }
    }

    @Test
    void rateFallsLinearlyToTheRateThatSchedulesEndAt() {
        AnnealingSpan span = new AnnealingSpan(40, 10);
        for (Schedule schedule :
                List.of(
                        new WarmupStableDecay(0.01, 20, 0, 0, 0, 0),
                        new WarmupStableDecay(0.01, 20, 60, 30, 0, 0),
                        new InfiniteSchedule(0.01, 0.004, 10, 20, 0, 0, 0, 0),
                        new CosineSchedule(0.01, 20, 100, 0, 0),
                        new RepeatedCosine(0.01, 5, 44, 0))) {
            double first = schedule.learningRate(40);
            double[] rates =
                    LongStream.range(40, 50)
                            .mapToDouble(step -> span.learningRate(schedule, step))
                            .toArray();
            assertThat(rates[9]).isCloseTo(1e-5, within(1e-17));
            for (int i = 0; i < rates.length; i++) {
                double expected = 1e-5 + (first - 1e-5) * (9 - i) / 10;
                assertThat(rates[i]).isCloseTo(expected, within(1e-15));
            }
        }
        assertThat(span.learningRate(new WarmupStableDecay(0, 0, 0, 0, 0, 0), 45)).isZero();
    }

    @Test
    void settingsThatPublishTwoKindsOfWeightsAreRefused() {
        assertThatThrownBy(
                        () ->
                                settings(Family.RESNET_BASIC)
                                        .averaged(new MergedWeights(2, 2))
                                        .annealed(new AnnealingSettings(2, 4)))
                .hasMessageContaining("average and annealing");
        assertThatThrownBy(() -> new AnnealingSettings(5, 4)).hasMessageContaining("steps 5");
    }
}
