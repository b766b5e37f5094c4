package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.CommittedRecords;
import io.kiln.schemas.ForeignRecord;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.BatchInput;
import io.kiln.training.run.RunFence;
import io.kiln.training.run.RunIds;
import io.kiln.training.state.RunProgress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may go on with a run, by a real broker. */
@Timeout(120)
class RunFenceIT {
    private KilnConfig config;
    private int jobs;

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
                        "registry.connectTimeout=3s",
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
        send(
                topic,
                key,
                bytes,
                value instanceof CheckpointEvent event
                        ? CloudEventHeaders.of(event).toMap()
                        : Map.of());
    }

    private static void send(String topic, String key, byte[] value) throws Exception {
        send(topic, key, value, Map.of());
    }

    private static void send(String topic, String key, byte[] value, Map<String, String> headers)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>(topic, 0, key.getBytes(StandardCharsets.UTF_8), value);
            headers.forEach(
                    (name, text) ->
                            record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
            producer.send(record).get();
        }
    }

    /** A step on a batch, which exists. */
    private void step(String runId, long batchOffset) throws Exception {
        for (long offset = 0; offset <= batchOffset; offset++) {
            send(config.topics().sparseBatches(), "0", new byte[1]);
        }
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

    private RunFence take(RunProgress progress) {
        return take("job-" + jobs++, progress);
    }

    private RunFence take(String job, RunProgress progress) {
        boolean begun = progress.seen().last(config.topics().sparseBatches(), 0) >= 0;
        return RunFence.take(
                config,
                job,
                begun ? 1 : 0,
                begun ? RunFence.Position.of(config, progress) : RunFence.Position.begin(config));
    }

    private static RunFence fresh(KilnConfig of, String job) {
        return RunFence.take(of, job, 0, RunFence.Position.begin(of));
    }

    private void requireRefused(RunProgress progress, String... words) {
        TrainingHarness.requireEnded(() -> take(progress).close(), words);
    }

    @Test
    void laterTrainerTakesTheRunAndTheEarlierOneStops() {
        RunProgress progress = RunProgress.fresh(List.of(0));
        try (RunFence first = take("first", progress)) {
            first.require();
            try (RunFence second = take("second", progress)) {
                second.require();
                requireSuperseded(first::require);
                second.require();
            }
        }
    }

    /** Or else each would stop the other at each of its restarts. */
    @Test
    void restartOfTheEarlierTrainerDoesNotTakeTheRunBack() {
        RunProgress progress = RunProgress.fresh(List.of(0));
        take("first", progress).close();
        try (RunFence second = take("second", progress)) {
            requireSuperseded(() -> take("first", progress).close());
            second.require();
        }
        try (RunFence restarted = take("second", progress)) {
            restarted.require();
        }
    }

    @Test
    void attemptThatWasTakenForDeadStopsWhenItWakesUp() {
        RunProgress progress = RunProgress.fresh(List.of(0));
        try (RunFence dead = take("job", progress);
                RunFence restarted = take("job", progress)) {
            assertThatThrownBy(dead::require)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("another attempt of this job");
            restarted.require();
        }
    }

    @Test
    void claimThatTheBrokerHasForgottenIsRenewed() throws Exception {
        try (RunFence fence = take(RunProgress.fresh(List.of(0)));
                Admin admin = Admin.create(TestServers.kafka())) {
            admin.deleteConsumerGroups(List.of("kiln-trainer:tiny:run-1")).all().get();
            fence.require();
            fence.require();
        }
    }

    private static void requireSuperseded(ThrowingCallable attempt) {
        TrainingHarness.requireEnded(
                attempt, "another trainer of run run-1 of model tiny", "publishes nothing more");
    }

    @Test
    void runsWhoseNamesJoinToTheSameWordDoNotMeet() {
        try (RunFence one = fresh(named("a-b", "c"), "one");
                RunFence other = fresh(named("a", "b-c"), "other")) {
            one.require();
            other.require();
        }
    }

    private KilnConfig named(String model, String run) {
        return TestBatches.config(
                "file:///nowhere",
                "kafka.bootstrapServers=" + TestServers.broker(),
                "registry.url=" + TestServers.registryUrl(),
                "topics.sparseBatches=" + config.topics().sparseBatches(),
                "topics.trainingSteps=" + config.topics().trainingSteps(),
                "topics.checkpoints=" + config.topics().checkpoints(),
                "model.name=" + model,
                "training.runId=" + run);
    }

    @Test
    void stepsOfAnotherModelsRunOfTheSameNameRefuseNobody() throws Exception {
        send(
                config.topics().trainingSteps(),
                "run-1",
                TestRecords.step("run-1", 1).setModel("other").setBatchOffset(5).build());
        take(upTo(4)).close();
    }

    /** A reader of committed records sees nothing behind a transaction that is open. */
    @Test
    void runThatIsHiddenBehindAnothersOpenTransactionIsNotBegunAgain() throws Exception {
        try (KafkaProducer<byte[], byte[]> another = transactional("another", 5_000)) {
            sendIn(another, "another-run", 1); // its producer dies, and Kafka ends it after 5 s
            step("run-1", 7);
            requireRefused(
                    RunProgress.fresh(List.of(0)),
                    "trained on up to offset 7, but this job knows of none");
        }
    }

    @Test
    void transactionThatADeadAttemptLeftOpenEndsAndPublishesNothing() throws Exception {
        String id = RunIds.transactions(config, config.topics().trainingSteps()) + "-0-1";
        try (KafkaProducer<byte[], byte[]> dead = transactional(id, 600_000)) {
            sendIn(dead, "run-1", 7);
            try (RunFence fence = take(RunProgress.fresh(List.of(0)))) {
                fence.require();
                assertThatThrownBy(dead::commitTransaction).isInstanceOf(KafkaException.class);
                assertThat(
                                CommittedRecords.of(
                                        TestServers.broker(), config.topics().trainingSteps()))
                        .isEmpty();
            }
        }
    }

    private static KafkaProducer<byte[], byte[]> transactional(String id, int timeoutMillis) {
        Map<String, Object> settings = new HashMap<>(TestServers.kafka());
        settings.put("transactional.id", id);
        settings.put("transaction.timeout.ms", timeoutMillis);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Leaves the transaction open. */
    private void sendIn(KafkaProducer<byte[], byte[]> producer, String runId, long batchOffset)
            throws Exception {
        String topic = config.topics().trainingSteps();
        byte[] value =
                new RecordSerializer<TrainingStep>(TestServers.registry())
                        .serialize(
                                topic,
                                TestRecords.step(runId, 1).setBatchOffset(batchOffset).build());
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, 0, runId.getBytes(StandardCharsets.UTF_8), value))
                .get();
    }

    @Test
    void runThatHasBeenTrainedFurtherIsNotBegunAgain() throws Exception {
        step("another-run", 9);
        take(upTo(4)).close();
        step("run-1", 5);
        requireRefused(
                upTo(4),
                "run run-1 of model tiny is further",
                "trained on up to offset 5, but this job knows of 4",
                "run's last checkpoint or savepoint: kiln submit training --from latest");
        requireRefused(
                RunProgress.fresh(List.of(0)),
                "but this job knows of none",
                "another training.runId");
        take(upTo(5)).close();
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
        try (RunFence fence = take(RunProgress.fresh(List.of(0)))) {
            step("run-1", 0);
            assertThatThrownBy(() -> fence.require())
                    .isInstanceOf(NonRecoverableJobException.class);
            fence.published(); // from now on it is this trainer's own
            assertThatCode(() -> fence.require()).doesNotThrowAnyException();
        }
    }

    /** One tombstone on checkpoints stopped every trainer. */
    @ParameterizedTest
    @EnumSource
    void foreignRecordStopsNoTrainerAndHidesNothing(ForeignRecord kind) throws Exception {
        send( // so that the registry knows the topic
                config.topics().checkpoints(),
                "tiny",
                TestRecords.event("tiny", "other", 1, 1).build());
        send(config.topics().trainingSteps(), "other", TestRecords.step("other", 1).build());
        byte[] value = kind.value(TestServers.registryUrl());
        send(config.topics().checkpoints(), "tiny", value, Map.of());
        send(config.topics().trainingSteps(), "run-1", value, Map.of());
        take(RunProgress.fresh(List.of(0))).close();
        send(
                config.topics().checkpoints(),
                "tiny",
                TestRecords.event("tiny", "run-1", 1, 10).build());
        requireRefused(RunProgress.fresh(List.of(0)), "version 1 is published");
    }

    @Test
    void forgedEventsAndStepsDoNotBrickARun() throws Exception {
        send(
                config.topics().checkpoints(),
                "tiny",
                TestRecords.event("tiny", "run-1", 9_000_000_000_000_000_000L, 1)
                        .setStep(9_000_000_000_000_000_000L)
                        .build());
        send(
                config.topics().checkpoints(),
                "tiny",
                TestRecords.event("tiny", "run-1", 1_000_000, 1_000_000).build());
        send(
                config.topics().trainingSteps(),
                "run-1",
                TestRecords.step("run-1", 1).setBatchOffset(9_000_000).build());
        take(RunProgress.fresh(List.of(0))).close();
    }
}
