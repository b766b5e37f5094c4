package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import io.kiln.training.input.BatchInput;
import io.kiln.training.run.RunFence;
import io.kiln.training.state.RunProgress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may go on with a run, by a real broker. */
@Timeout(120)
class RunFenceIT {
    private KilnConfig config;

    @BeforeEach
    void createTopics() throws Exception {
        String batches = TestServers.unique("batches");
        String steps = TestServers.unique("steps");
        String checkpoints = TestServers.unique("checkpoints");
        config =
                TestBatches.config(
                        "file:///nowhere",
                        "kafka.bootstrapServers=" + TestServers.broker(),
                        "registry.url=" + TestServers.registryUrl(),
                        "topics.sparseBatches=" + batches,
                        "topics.trainingSteps=" + steps,
                        "topics.checkpoints=" + checkpoints);
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(
                            Stream.of(batches, steps, checkpoints)
                                    .map(topic -> new NewTopic(topic, 1, (short) 1))
                                    .toList())
                    .all()
                    .get();
        }
    }

    private <T extends SpecificRecord> void send(String topic, String key, T value)
            throws Exception {
        byte[] bytes = new RecordSerializer<T>(TestServers.registry()).serialize(topic, value);
        send(topic, key, bytes);
    }

    private static void send(String topic, String key, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(
                            new ProducerRecord<>(
                                    topic, 0, key.getBytes(StandardCharsets.UTF_8), value))
                    .get();
        }
    }

    private void step(String runId, long batchOffset) throws Exception {
        send(
                config.topics().trainingSteps(),
                runId,
                TestRecords.step(runId, 1).setBatchOffset(batchOffset).build());
    }

    /** A run that has trained on the batch at an offset. */
    private RunProgress upTo(long offset) {
        RunProgress progress = RunProgress.fresh(List.of(0));
        progress.saw(
                new BatchInput(config.topics().sparseBatches(), 0, offset, new byte[1]),
                TestBatches.batch(0));
        return progress;
    }

    private void requireRefused(RunProgress progress, String... words) {
        assertThatThrownBy(() -> RunFence.take(config, progress).close())
                .isInstanceOf(NonRecoverableJobException.class)
                .cause()
                .hasMessageContainingAll(words);
    }

    @Test
    void laterTrainerTakesTheRunAndTheEarlierOneStops() {
        RunProgress progress = RunProgress.fresh(List.of(0));
        try (RunFence first = RunFence.take(config, progress)) {
            first.require(progress);
            first.require(upTo(3));
            try (RunFence second = RunFence.take(config, progress)) {
                second.require(progress);
                assertThatThrownBy(() -> first.require(upTo(4)))
                        .isInstanceOf(NonRecoverableJobException.class)
                        .cause()
                        .hasMessageContainingAll(
                                "another trainer of run run-1 of model tiny",
                                "publishes nothing more");
                second.require(progress);
            }
        }
    }

    @Test
    void runThatHasBeenTrainedFurtherIsNotBegunAgain() throws Exception {
        step("another-run", 9);
        RunFence.take(config, upTo(4)).close();
        step("run-1", 5);
        requireRefused(
                upTo(4),
                "run run-1 of model tiny is further",
                "trained on up to offset 5, but this job knows of 4",
                "submit with the run's last checkpoint");
        requireRefused(
                RunProgress.fresh(List.of(0)),
                "but this job knows of none",
                "another training.runId");
        RunFence.take(config, upTo(5)).close();
    }

    @Test
    void runWhoseVersionsAreUnknownToTheStateIsNotGoneOnWith() throws Exception {
        send(
                config.topics().checkpoints(),
                "tiny",
                TestRecords.event("tiny", "run-1", 1, 10).build());
        requireRefused(
                RunProgress.fresh(List.of(0)),
                "version 1 is published, but this job knows of 0",
                "run-1");
    }

    @Test
    void whatTheTrainerBeforeStillHadUnderWayIsSeenBeforeAnythingIsPublished() throws Exception {
        try (RunFence fence = RunFence.take(config, RunProgress.fresh(List.of(0)))) {
            step("run-1", 0);
            assertThatThrownBy(() -> fence.require(upTo(0)))
                    .isInstanceOf(NonRecoverableJobException.class);
            fence.published(); // from now on it is this trainer's own
            assertThatCode(() -> fence.require(upTo(0))).doesNotThrowAnyException();
        }
    }

    @Test
    void batchesThatWereDeletedBeforeTheyWereTrainedOnAreAnErrorThatSaysSo() throws Exception {
        String batches = config.topics().sparseBatches();
        for (int i = 0; i < 6; i++) {
            send(batches, "0", new byte[10]);
        }
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.deleteRecords(
                            Map.of(new TopicPartition(batches, 0), RecordsToDelete.beforeOffset(5)))
                    .all()
                    .get();
        }
        requireRefused(
                upTo(2),
                batches + " partition 0 begins with offset 5, but run run-1 goes on at 3",
                "topics.retention");
        RunFence.take(config, upTo(4)).close();
        RunFence.take(config, RunProgress.fresh(List.of(0))).close();
    }
}
