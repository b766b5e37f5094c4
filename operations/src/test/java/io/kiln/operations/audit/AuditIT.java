package io.kiln.operations.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OwnTopics;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Audits topics that lack records, deleted by retention or lost, with a real broker and registry.
 */
@Timeout(120)
class AuditIT {
    private static final Instant NOW = Instant.now();
    private static final Instant OLD = NOW.minus(Duration.ofDays(8)); // retention is seven

    private KilnConfig config;

    @BeforeEach
    void createTopics() {
        config = OwnTopics.create("masking.views=1");
    }

    @Test
    void imagesOfTheTimeSinceMaskingEndedAreLostAfterRetentionHasDeletedAllBatches()
            throws Exception {
        for (Instant sent : List.of(OLD, OLD, NOW, NOW, NOW)) {
            send(config.topics().images(), sent, new byte[1]);
        }
        for (String topic :
                List.of(config.topics().sparseBatches(), config.topics().trainingSteps())) {
            send(topic, OLD, new byte[1]);
            deleteFirst(topic);
        }
        assertThat(audit(false).findings()).isEmpty();
        assertThat(audit(true).findings())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, config.topics().images() + "/0@2-4"));
    }

    @Test
    void withoutStepsAfterTheStreamHasEndedABatchIsLost() throws Exception {
        send(config.topics().images(), NOW, new byte[1]);
        send(config.topics().sparseBatches(), NOW, batch(0));
        AuditReport running = audit(false);
        assertThat(running.findings()).isEmpty();
        assertThat(running.batchesPending()).isEqualTo(1);
        assertThat(audit(true).findings())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, config.topics().sparseBatches() + "/0@0"));
    }

    @Test
    void aVersionWithoutStepsIsLostUnlessItIsOlderThanSteps() throws Exception {
        announce(1, OLD);
        assertThat(audit(false).findings()).isEmpty();
        announce(2, NOW);
        assertThat(audit(false).findings())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, config.topics().checkpoints() + "/0@1"));
    }

    @Test
    void batchesAreDeletedBeforeTheirTimeOnlyIfTheirImagesAreYoung() throws Exception {
        send(config.topics().images(), OLD, new byte[1]);
        send(config.topics().sparseBatches(), OLD, batch(0));
        step(1);
        deleteFirst(config.topics().sparseBatches());
        assertThat(audit(true).findings()).isEmpty();

        createTopics();
        send(config.topics().images(), NOW, new byte[1]);
        send(config.topics().sparseBatches(), NOW, batch(0));
        step(1);
        deleteFirst(config.topics().sparseBatches());
        assertThat(audit(true).findings())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.DELETED, config.topics().sparseBatches()));
    }

    /** A run of one trainer over four partitions, and one of four trainers, on the same batches. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void eachRunHasItsOwnNumberOfTrainers(int trainers) throws Exception {
        config =
                OwnTopics.create(
                        "masking.views=1",
                        "topics.trainers=" + trainers,
                        "topics.partitionsPerTrainer=" + 4 / trainers);
        String topic = config.topics().sparseBatches();
        for (int image = 0; image < 8; image++) {
            send(config.topics().images(), NOW, new byte[1]);
            send(new ProducerRecord<>(topic, image % 4, NOW.toEpochMilli(), null, batch(image)));
            step("of-one", 1 + image, image % 4, image / 4);
            step("of-four", 1 + image / 4, image % 4, image / 4);
        }
        assertThat(audit(true).findings()).isEmpty();
    }

    private void step(String run, long step, int partition, long offset) throws Exception {
        step(
                TestRecords.step(run, step)
                        .setBatchId("batch-" + (partition + 4 * offset))
                        .setBatchPartition(partition)
                        .setBatchOffset(offset)
                        .setImages(1)
                        .setSamplesSeen(step)
                        .build());
    }

    /** A step of now, on the batch of image {@code step} − 1. */
    private void step(long step) throws Exception {
        step(
                TestRecords.step("run", step)
                        .setBatchId("batch-" + (step - 1))
                        .setImages(1)
                        .setSamplesSeen(step)
                        .build());
    }

    private void step(TrainingStep taken) throws Exception {
        String topic = config.topics().trainingSteps();
        send(topic, NOW, new RecordSerializer<>(Clients.registry(config)).serialize(topic, taken));
    }

    private void announce(long version, Instant created) throws Exception {
        CheckpointEvent event =
                TestRecords.event("tiny", "run", version, version).setCreatedAt(created).build();
        send(TestRecords.record(Clients.registry(config), config.topics().checkpoints(), event));
    }

    /** A batch of one image. */
    private byte[] batch(long image) {
        ImageOrigin origin =
                new ImageOrigin(
                        "", config.topics().images(), 0, image, 0, 0, 0, 1, 1, false, false);
        return new RecordSerializer<>(Clients.registry(config))
                .serialize(
                        config.topics().sparseBatches(),
                        TestBatches.of("batch-" + image, List.of(origin)));
    }

    private AuditReport audit(boolean complete) {
        return Audit.of(config, new Audit.Options(complete, false));
    }

    private static void send(String topic, Instant written, byte[] value) throws Exception {
        send(new ProducerRecord<>(topic, 0, written.toEpochMilli(), null, value));
    }

    private static void send(ProducerRecord<byte[], byte[]> record) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(record).get();
        }
    }

    private void deleteFirst(String topic) throws Exception {
        try (Admin admin = Admin.create(Clients.properties(config))) {
            admin.deleteRecords(
                            Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get();
        }
    }
}
