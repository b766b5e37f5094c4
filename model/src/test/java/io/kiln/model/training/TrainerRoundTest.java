package io.kiln.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.network.Family;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.RoundSettings.Outer;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsStream;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.TensorType;
import io.kiln.model.weights.WeightFileException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainerRoundTest {
    private static final InputGeometry GEOMETRY = new InputGeometry(64, 64, 3, 32);
    private static final int TRAINERS = 4;
    private static final int STEPS = 2;
    private static final int ROUNDS = 3;

    /** Bytes that a channel over a stream writes at once. */
    private static final int CHUNK = 8192;

    /** One of the trainers, with its part in the rounds. */
    private record Member(int index, Trainer trainer, TrainerRound round) implements AutoCloseable {
        static Member begin(int index, RoundSettings settings) {
            Trainer trainer =
                    new Trainer(
                            TestBatches.settings(
                                    TestBatches.architecture(Family.RESNET_BOTTLENECK),
                                    GEOMETRY,
                                    Precision.FP32,
                                    0.01));
            return new Member(index, trainer, new TrainerRound(trainer, settings));
        }

        void step() {
            long seed = 1000L * index + trainer.step();
            trainer.step(TestBatches.bytes(GEOMETRY, 4, 2, seed));
        }

        byte[] change() throws IOException {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            round.writeChange(out);
            return out.toByteArray();
        }

        void finish(List<byte[]> changes) throws IOException {
            finish(List.of(this), changes);
        }

        static void finish(List<Member> together, List<byte[]> changes) throws IOException {
            TrainerRound.finish(
                    together.stream().map(Member::round).toList(),
                    changes.stream().map(ByteArrayInputStream::new).toList());
        }

        /** The same trainer in another process. */
        Member moved(RoundSettings settings) throws IOException {
            Member moved = begin(index, settings);
            moved.trainer.load(new ByteArrayInputStream(bytes(trainer.snapshot())));
            moved.round.load(new ByteArrayInputStream(bytes(round.snapshot())));
            close();
            return moved;
        }

        byte[] state() throws IOException {
            return Stream.of(bytes(trainer.snapshot()), bytes(round.snapshot()))
                    .collect(
                            ByteArrayOutputStream::new,
                            ByteArrayOutputStream::writeBytes,
                            (a, b) -> {})
                    .toByteArray();
        }

        @Override
        public void close() {
            round.close();
            trainer.close();
        }
    }

    private static byte[] bytes(TrainerSnapshot snapshot) throws IOException {
        try (snapshot) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            snapshot.write(out);
            return out.toByteArray();
        }
    }

    private static RoundSettings settings(Outer outer, boolean bf16) {
        return new RoundSettings(TRAINERS, STEPS, outer, 0.7, 0.9, bf16);
    }

    /** One trainer after the other, never interrupted. */
    private static List<byte[]> states(RoundSettings settings) throws IOException {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < settings.trainers(); i++) {
            members.add(Member.begin(i, settings));
        }
        for (int round = 0; round < ROUNDS; round++) {
            List<byte[]> changes = new ArrayList<>();
            for (Member member : members) {
                for (int step = 0; step < settings.steps(); step++) {
                    member.step();
                }
                changes.add(member.change());
            }
            for (Member member : members) {
                member.finish(changes);
            }
        }
        return closed(members);
    }

    private static List<ByteBuffer> comparable(List<byte[]> states) {
        return states.stream().map(ByteBuffer::wrap).toList();
    }

    private static List<byte[]> closed(List<Member> members) throws IOException {
        List<byte[]> states = new ArrayList<>();
        for (Member member : members) {
            states.add(member.state());
            member.close();
        }
        return states;
    }

    @ParameterizedTest
    @CsvSource({"MEAN, false", "MOMENTUM, false", "MOMENTUM, true"})
    void trainersEndWithTheSameBytesInWhateverOrderTheyStepMoveAndFinish(Outer outer, boolean bf16)
            throws IOException {
        RoundSettings settings = settings(outer, bf16);
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < TRAINERS; i++) {
            members.add(Member.begin(i, settings));
        }
        for (int round = 0; round < ROUNDS; round++) {
            List<Integer> turns =
                    new ArrayList<>(
                            IntStream.range(0, TRAINERS * STEPS)
                                    .map(i -> i % TRAINERS)
                                    .boxed()
                                    .toList());
            Collections.shuffle(turns, random);
            for (int turn : turns) {
                if (random.nextInt(3) == 0) {
                    members.set(turn, members.get(turn).moved(settings));
                }
                members.get(turn).step();
            }
            List<byte[]> changes = new ArrayList<>();
            for (Member member : members) {
                changes.add(member.change());
            }
            members.set(round, members.get(round).moved(settings)); // its round is over
            assertThat(members.get(round).change())
                    .as("written again")
                    .isEqualTo(changes.get(round));
            int alone = random.nextInt(TRAINERS + 1); // some finish together, the others apart
            for (Member member : members.subList(0, alone)) {
                member.finish(changes);
            }
            if (alone < TRAINERS) {
                Member.finish(members.subList(alone, TRAINERS), changes);
            }
        }
        assertThat(comparable(closed(members)))
                .as("seed %d", seed)
                .isEqualTo(comparable(states(settings)));
    }

    @ParameterizedTest
    @EnumSource(Outer.class)
    void allTrainersBeginARoundWithTheSameWeights(Outer outer) throws IOException {
        List<byte[]> states = states(settings(outer, false));
        List<double[][]> weights = new ArrayList<>();
        for (int i = 0; i < TRAINERS; i++) {
            try (Member member = Member.begin(i, settings(outer, false))) {
                member.trainer.load(new ByteArrayInputStream(states.get(i)));
                weights.add(
                        NetworkTensors.arrays(member.trainer.model().weights()).values().stream()
                                .map(NetworkTensors::doubles)
                                .toArray(double[][]::new));
            }
        }
        assertThat(weights).allSatisfy(own -> assertThat(own).isDeepEqualTo(weights.get(0)));
        assertThat(states.get(0)).as("moments differ").isNotEqualTo(states.get(1));
    }

    @Test
    void meanOfOneTrainerIsThatTrainerWithinTheRoundingOfItsChange() throws IOException {
        RoundSettings alone = RoundSettings.mean(1, STEPS);
        try (Member member = Member.begin(0, alone)) {
            for (int i = 0; i < STEPS; i++) {
                member.step();
            }
            List<double[]> before = values(member.trainer);
            member.finish(List.of(member.change()));
            List<double[]> after = values(member.trainer);
            for (int i = 0; i < before.size(); i++) {
                for (int j = 0; j < before.get(i).length; j++) {
                    double was = before.get(i)[j];
                    assertThat(Math.abs(after.get(i)[j] - was))
                            .isLessThanOrEqualTo(1e-7 * Math.max(1, Math.abs(was)));
                }
            }
        }
    }

    /** Java may free memory that a tensor was made in, and use it again, before all is written. */
    @Test
    void changeIsWhatTheStepsChangedThoughJavaFreesMemoryInTheMiddleOfATensor() throws IOException {
        try (Member member = Member.begin(0, RoundSettings.mean(1, 1))) {
            List<double[]> before = values(member.trainer);
            member.step();
            List<double[]> after = values(member.trainer);
            FreeingStream out = new FreeingStream();
            member.round.writeChange(out);
            SafeTensorsStream change =
                    SafeTensorsStream.open(new ByteArrayInputStream(out.toByteArray()));
            for (int i = 0; i < before.size(); i++) {
                FloatBuffer written = change.next().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
                for (int j = 0; j < before.get(i).length; j++) {
                    assertThat(written.get(j))
                            .as("tensor %d, value %d", i, j)
                            .isEqualTo((float) (after.get(i)[j] - before.get(i)[j]));
                }
            }
        }
    }

    /** Collects garbage at each write that does not end a tensor, and uses the memory again. */
    private static final class FreeingStream extends ByteArrayOutputStream {
        private final List<ByteBuffer> others = new ArrayList<>();

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (length == CHUNK) {
                others.clear();
                System.gc();
                for (int size = CHUNK; size <= 32 * CHUNK; size += CHUNK) {
                    others.add(ByteBuffer.allocateDirect(size));
                }
            }
        }
    }

    private static List<double[]> values(Trainer trainer) {
        return NetworkTensors.arrays(trainer.model().weights()).values().stream()
                .map(NetworkTensors::doubles)
                .toList();
    }

    @Test
    void momentumIsThatOfTheFormula() throws IOException {
        RoundSettings settings = new RoundSettings(1, 1, Outer.MOMENTUM, 0.7, 0.9, false);
        try (Member member = Member.begin(0, settings)) {
            double velocity = 0;
            for (int round = 0; round < ROUNDS; round++) {
                double begin = firstWeight(member.trainer);
                member.step();
                double change = (float) (firstWeight(member.trainer) - begin);
                member.finish(List.of(member.change()));
                velocity = (float) (0.9 * velocity + change);
                float expected = (float) (begin + 0.7 * (change + 0.9 * velocity));
                assertThat(firstWeight(member.trainer)).isEqualTo(expected);
            }
        }
    }

    @Test
    void whatRoundingLeavesOutOfAChangeIsInTheNext() throws IOException {
        RoundSettings settings = new RoundSettings(1, 1, Outer.MEAN, 1, 0, true);
        try (Member member = Member.begin(0, settings)) {
            double left = 0;
            for (int round = 0; round < ROUNDS; round++) {
                member.step();
                double exact = firstWeight(member.trainer) + left;
                byte[] change = member.change();
                assertThat(SafeTensorsStream.open(new ByteArrayInputStream(change)).tensors())
                        .allMatch(tensor -> tensor.type() == TensorType.BF16);
                member.finish(List.of(change));
                left = firstLeftOut(member.round);
                assertThat(left).isNotZero();
                assertThat(firstWeight(member.trainer) + left).isCloseTo(exact, within(1e-7));
            }
        }
    }

    private static double firstLeftOut(TrainerRound round) throws IOException {
        SafeTensorsStream state =
                SafeTensorsStream.open(new ByteArrayInputStream(bytes(round.snapshot())));
        for (TensorHeader tensor : state.tensors()) {
            ByteBuffer values = state.next();
            if (tensor.name().startsWith("left-out.")) {
                return values.getFloat();
            }
        }
        throw new AssertionError("the state holds nothing that was left out");
    }

    private static double firstWeight(Trainer trainer) {
        return values(trainer).get(0)[0];
    }

    @Test
    void trainersOfDifferentRoundsDoNotFinishTogether() throws IOException {
        RoundSettings settings = RoundSettings.mean(1, STEPS);
        try (Member ahead = Member.begin(0, settings);
                Member behind = Member.begin(0, settings)) {
            for (int i = 0; i < STEPS; i++) {
                ahead.step();
            }
            List<byte[]> changes = List.of(ahead.change());
            ahead.finish(changes);
            assertThatThrownBy(() -> Member.finish(List.of(ahead, behind), changes))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("different rounds");
        }
    }

    @Test
    void changeBeforeTheEndOfTheRoundOrOfAnotherNetworkIsRefused() throws IOException {
        try (Member member = Member.begin(0, RoundSettings.mean(1, STEPS))) {
            member.step();
            assertThat(member.round.stepsLeft()).isEqualTo(1);
            assertThatThrownBy(member::change)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("1 steps of round 0 are left");
            assertThatThrownBy(() -> member.finish(List.of(bytes(member.trainer.snapshot()))))
                    .isInstanceOf(WeightFileException.class)
                    .hasMessageContaining("no change of the network");
        }
    }
}
