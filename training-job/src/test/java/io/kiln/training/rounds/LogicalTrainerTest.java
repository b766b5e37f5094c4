package io.kiln.training.rounds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.model.training.TrainerSnapshot;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.Update;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.job.TestBatches;
import io.kiln.training.state.StateSnapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two trainers of one process, without Flink and Kafka. */
class LogicalTrainerTest {
    private static final int STEPS = 2;
    private static final String JOB = "job";

    @TempDir private Path folder;

    private KilnConfig config() {
        return TestBatches.config(
                folder.toUri().toString(),
                "topics.trainers=2",
                "training.round.steps=" + STEPS,
                "training.round.outer=momentum",
                "training.round.changes=bf16");
    }

    private LogicalTrainer atTheEndOfARound(int index) throws IOException {
        LogicalTrainer trainer = LogicalTrainer.begin(config(), index, JOB);
        for (int i = 0; i < STEPS; i++) {
            trainer.run()
                    .trainer()
                    .step(BatchDecoder.toMaskedBatch(TestBatches.batch(10 * index + i)));
        }
        return trainer;
    }

    private LogicalTrainer restored(LogicalTrainer trainer, String submission) throws IOException {
        ByteArrayOutputStream state = new ByteArrayOutputStream();
        try (StateSnapshot snapshot = trainer.snapshot()) {
            state.writeBytes(snapshot.head());
            for (TrainerSnapshot part : snapshot.parts()) {
                part.write(state);
            }
        }
        return LogicalTrainer.restore(
                config(),
                trainer.index(),
                submission,
                new ByteArrayInputStream(state.toByteArray()));
    }

    private static List<double[]> weights(LogicalTrainer trainer) {
        return NetworkTensors.arrays(trainer.run().trainer().model().weights()).values().stream()
                .map(NetworkTensors::doubles)
                .toList();
    }

    @Test
    void trainersEndARoundTogetherAndOneThatFailedHasTheSameChange() throws IOException {
        try (LogicalTrainer first = atTheEndOfARound(0);
                LogicalTrainer second = atTheEndOfARound(1)) {
            List<Update> changes =
                    List.of(
                            Objects.requireNonNull(first.change()),
                            Objects.requireNonNull(second.change()));
            for (Update change : changes) {
                Path file = file(change);
                assertThat(file)
                        .hasFileName(
                                "t00"
                                        + change.getTrainer()
                                        + "-"
                                        + change.getSha256()
                                        + ".safetensors")
                        .hasSize(change.getBytes());
                assertThat(Sha256.hex(Files.readAllBytes(file))).isEqualTo(change.getSha256());
                first.learnOf(change);
                second.learnOf(change);
            }
            try (Stream<Path> files = Files.list(file(changes.get(0)).getParent())) {
                assertThat(files).hasSize(2);
            }
            Files.write(file(changes.get(1)), new byte[7]); // a disk that lost the rest of it
            try (LogicalTrainer again = restored(second, JOB)) {
                assertThat(again.waitsFor()).isEmpty();
                assertThat(again.canFinish()).as("before it has compared its change").isFalse();
                assertThat(again.change()).as("announced before").isNull();
                assertThat(file(changes.get(1))).hasSize(changes.get(1).getBytes());
                LogicalTrainer.Finished finished = LogicalTrainer.finish(List.of(first, again));
                assertThat(finished.bytes())
                        .isEqualTo(changes.get(0).getBytes() + changes.get(1).getBytes());
                LogicalTrainer.finish(List.of(second));
                assertThat(first.round()).isEqualTo(1);
                assertThat(again.round()).isEqualTo(1);
                assertThat(again.owesAnnouncement()).isFalse();
                assertThat(weights(again)).containsExactly(weights(first).toArray(double[][]::new));
                assertThat(weights(second))
                        .as("alone")
                        .containsExactly(weights(first).toArray(double[][]::new));
            }
        }
    }

    /** As after a new submission with another learning rate: the same round has another change. */
    @Test
    void whatAnEarlierJobAnnouncedHoldsOnlyIfItIsInTheState() throws IOException {
        try (LogicalTrainer trainer = atTheEndOfARound(0)) {
            Update announced = Objects.requireNonNull(trainer.change());
            Update other = Update.newBuilder(announced).setSha256("0".repeat(64)).build();
            try (LogicalTrainer next = restored(trainer, "next job")) {
                next.learnOf(other);
                Update own = Objects.requireNonNull(next.change(), "passed over what it read");
                assertThat(own.getSha256()).isEqualTo(announced.getSha256());
                assertThat(own.getSubmission()).isEqualTo("next job");
            }
            trainer.learnOf(other);
            try (LogicalTrainer next = restored(trainer, "next job")) {
                assertThat(next.change()).as("others may have gone on with it").isNull();
            }
            try (LogicalTrainer same = restored(trainer, JOB)) {
                assertThatThrownBy(same::change)
                        .isInstanceOf(NonRecoverableJobException.class)
                        .cause()
                        .hasMessageContaining("has changed something else in round 0");
            }
        }
    }

    private static Path file(Update change) {
        return Path.of(URI.create(change.getUri()));
    }
}
