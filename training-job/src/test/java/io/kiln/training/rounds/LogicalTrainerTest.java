package io.kiln.training.rounds;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
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
        LogicalTrainer trainer = LogicalTrainer.begin(config(), index);
        for (int i = 0; i < STEPS; i++) {
            trainer.run()
                    .trainer()
                    .step(BatchDecoder.toMaskedBatch(TestBatches.batch(10 * index + i)));
        }
        return trainer;
    }

    private LogicalTrainer restored(LogicalTrainer trainer) throws IOException {
        ByteArrayOutputStream state = new ByteArrayOutputStream();
        try (StateSnapshot snapshot = trainer.snapshot()) {
            state.writeBytes(snapshot.head());
            for (TrainerSnapshot part : snapshot.parts()) {
                part.write(state);
            }
        }
        return LogicalTrainer.restore(
                config(), trainer.index(), new ByteArrayInputStream(state.toByteArray()));
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
            Files.delete(file(changes.get(1)));
            try (LogicalTrainer again = restored(second)) {
                assertThat(again.waitsFor()).isEmpty();
                assertThat(again.canFinish()).as("before it has compared its change").isFalse();
                assertThat(again.change()).as("announced before").isNull();
                assertThat(file(changes.get(1))).exists();
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

    private static Path file(Update change) {
        return Path.of(URI.create(change.getUri()));
    }
}
