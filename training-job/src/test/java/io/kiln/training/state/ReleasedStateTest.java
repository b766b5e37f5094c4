package io.kiln.training.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.config.KilnConfig;
import io.kiln.model.training.StepResult;
import io.kiln.model.training.Trainer;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.input.BatchInput;
import io.kiln.training.job.TestBatches;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * States of earlier versions of the format are read by every later Kiln.
 *
 * <p>{@code state-0.1.gz} holds a state of version 1, written by this class. Never write it again
 * for a change of the format: give that a version of its own, and a file beside this one. To make a
 * file:
 *
 * <pre>mvn -pl training-job -am package -DskipITs -Dtest=ReleasedStateTest \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dkiln.state=/tmp/state.gz</pre>
 */
class ReleasedStateTest {
    private static final int STEPS = 3;

    /** Loss of the step that follows, on the machine that wrote the file (Xeon, AVX-512). */
    private static final double NEXT_LOSS = 0.9983928203582764;

    private static KilnConfig config() {
        return config("none");
    }

    private static KilnConfig config(String average) {
        return TestBatches.config(
                "file:///nowhere",
                "training.average=" + average,
                "training.gemm=mkl", // as on the machine that wrote the file
                "topics.partitionsPerTrainer=2",
                "model.widths=[8, 8, 8, 8]",
                "model.decoderWidth=32");
    }

    @Test
    void stateOfRelease01IsRestoredAndGoesOn() throws IOException {
        byte[] state = resource("/state-0.1.gz");
        OperatorState.Restored restored =
                OperatorState.read(new ByteArrayInputStream(state), config());
        RunProgress progress = restored.progress();
        assertThat(progress.version()).isEqualTo(2);
        assertThat(progress.stepOfLastEvent()).isEqualTo(2);
        assertThat(progress.meanLoss()).isEqualTo(0.5);
        assertThat(progress.learningRate()).isEqualTo(0.0625);
        assertThat(progress.firstBatch()).containsExactly(1, 2, 3);
        assertThat(progress.isRetiring(1)).isTrue();
        assertThat(progress.seen().toRecords())
                .hasToString(
                        "[{\"topic\": \"images\", \"partition\": 0, \"first\": 0, \"last\": 11}, "
                                + "{\"topic\": \"sparse-batches\", \"partition\": 0, \"first\": 0, \"last\": 1}, "
                                + "{\"topic\": \"sparse-batches\", \"partition\": 1, \"first\": 0, \"last\": 0}]");
        assertThat(progress.order().nextPartition()).isEqualTo(1);
        assertThat(progress.order().last(0)).isEqualTo(2);
        try (Trainer trainer = restored.trainer()) {
            assertThat(trainer.step()).isEqualTo(STEPS);
            assertThat(trainer.samplesSeen()).isEqualTo(12);
            assertThat(written(progress, trainer)).as("the same state again").isEqualTo(state);
            StepResult next = trainer.step(BatchDecoder.toMaskedBatch(TestBatches.batch(STEPS)));
            assertThat(next.loss()).isCloseTo(NEXT_LOSS, within(1e-3)); // CPUs differ in rounding
        }
    }

    /** The average may be switched on, and off again, whatever the state holds. */
    @Test
    void anAverageBeginsWithTheWeightsOfAStateThatHasNone() throws IOException {
        byte[] state = resource("/state-0.1.gz");
        byte[] averaged;
        OperatorState.Restored on =
                OperatorState.read(new ByteArrayInputStream(state), config("ema"));
        try (Trainer trainer = on.trainer()) {
            averaged = written(on.progress(), trainer);
            assertThat(averaged.length).isGreaterThan(state.length);
        }
        OperatorState.Restored again =
                OperatorState.read(new ByteArrayInputStream(averaged), config("ema"));
        try (Trainer trainer = again.trainer()) {
            assertThat(written(again.progress(), trainer)).isEqualTo(averaged);
        }
        OperatorState.Restored off =
                OperatorState.read(new ByteArrayInputStream(averaged), config());
        try (Trainer trainer = off.trainer()) {
            assertThat(written(off.progress(), trainer)).isEqualTo(state);
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "kiln.state",
            matches = ".+",
            disabledReason = "writes the file that the other test reads")
    void writeAState() throws IOException {
        RunProgress progress = RunProgress.fresh(List.of(0, 1));
        try (Trainer trainer = new Trainer(ModelSettings.of(config()))) {
            for (int i = 0; i < STEPS; i++) {
                progress.order().add(new BatchInput("sparse-batches", i % 2, i / 2, value(i)));
                BatchInput batch = Objects.requireNonNull(progress.order().next());
                progress.saw(batch, TestBatches.batch(i));
                trainer.step(BatchDecoder.toMaskedBatch(TestBatches.batch(i)));
                progress.stepped(1, 0.125);
                if (i < 2) {
                    progress.published(trainer.step());
                }
            }
            progress.stepped(0, 0.0625);
            progress.retiring(List.of(1L));
            progress.order().add(new BatchInput("sparse-batches", 0, 2, value(4)));
            try (GZIPOutputStream out =
                    new GZIPOutputStream(
                            Files.newOutputStream(Path.of(System.getProperty("kiln.state"))))) {
                out.write(written(progress, trainer));
            }
            StepResult next = trainer.step(BatchDecoder.toMaskedBatch(TestBatches.batch(STEPS)));
            System.out.println("loss of the next step: " + next.loss());
        }
    }

    /** Stands for the record of a batch, which a state holds without looking into it. */
    private static byte[] value(int number) {
        return new byte[] {(byte) (number + 1), (byte) (number + 2), (byte) (number + 3)};
    }

    private static byte[] written(RunProgress progress, Trainer trainer) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (StateSnapshot snapshot = OperatorState.snapshot(config(), progress, trainer)) {
            snapshot.write(out);
        }
        return out.toByteArray();
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream file = ReleasedStateTest.class.getResourceAsStream(name);
                InputStream in = new GZIPInputStream(Objects.requireNonNull(file, name))) {
            return in.readAllBytes();
        }
    }
}
