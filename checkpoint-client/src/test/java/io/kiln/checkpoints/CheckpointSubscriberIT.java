package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.local.LocalRegistry;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SchemaRegistryException;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The subscriber against a real broker with real transactions, and a real registry. */
@Timeout(240)
class CheckpointSubscriberIT {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final Duration REGISTRY_WAIT = Duration.ofSeconds(10);
    private static final Duration MOMENT = Duration.ofMillis(500);

    private static SchemaRegistry registry;

    @BeforeAll
    static void start() {
        registry = TestServers.registry();
    }

    private static Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", TestServers.broker(), "default.api.timeout.ms", 20_000);
    }

    private static void create(String topic, int partitions) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", TestServers.broker()))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
    }

    /** Sends one transaction, and waits until readers see its end. */
    private static void transact(
            String topic, boolean commit, List<ProducerRecord<byte[], byte[]>> records) {
        try (KafkaProducer<byte[], byte[]> producer = writer(topic)) {
            producer.beginTransaction();
            records.forEach(producer::send);
            producer.flush();
            if (commit) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
        writer(topic).close(); // brokers let no next writer begin before
    }

    private static KafkaProducer<byte[], byte[]> writer(String topic) {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        TestServers.broker(),
                        "transactional.id",
                        "writer-of-" + topic);
        KafkaProducer<byte[], byte[]> writer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        writer.initTransactions();
        return writer;
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, CheckpointEvent event) {
        return record(topic, event, registry);
    }

    private static ProducerRecord<byte[], byte[]> record(
            String topic, CheckpointEvent event, SchemaRegistry ids) {
        return TestRecords.record(ids, topic, event);
    }

    private static CheckpointEvent event(long version) {
        return TestRecords.event("tiny", "run-1", version, 10 * version).build();
    }

    private static void commit(String topic, long... versions) {
        for (long version : versions) {
            transact(topic, true, List.of(record(topic, event(version))));
        }
    }

    private static CheckpointSubscriber subscriber(String topic, Start start) {
        return new CheckpointSubscriber(kafka(), registry, topic, start);
    }

    /** Versions, until as many have come as asked for and a moment longer. */
    private static List<Long> versions(CheckpointSubscriber subscriber, int count) {
        List<Long> versions = new ArrayList<>();
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (versions.size() < count && System.nanoTime() < deadline) {
            subscriber.poll(MOMENT).forEach(event -> versions.add(event.getVersion()));
        }
        subscriber.poll(MOMENT).forEach(event -> versions.add(event.getVersion()));
        return versions;
    }

    @Test
    void currentBeginsWithThePromotedVersionAndFollows() throws Exception {
        create("current", 1);
        commit("current", 1, 2, 3);
        CheckpointEvent promoted =
                CheckpointEvents.withStatus(event(2), CheckpointStatus.PROMOTED, Instant.EPOCH);
        transact("current", true, List.of(record("current", promoted)));
        commit("current", 4);
        try (CheckpointSubscriber subscriber = subscriber("current", Start.CURRENT)) {
            assertThat(subscriber.poll(MOMENT)).containsExactly(promoted);
            commit("current", 5);
            assertThat(versions(subscriber, 1)).containsExactly(5L);
        }
    }

    @Test
    void onlyWhatIsCommittedIsSeenOnceAndInOrder() throws Exception {
        create("committed", 1);
        commit("committed", 1);
        transact("committed", false, List.of(record("committed", event(99))));
        commit("committed", 2);
        try (CheckpointSubscriber subscriber = subscriber("committed", Start.BEGINNING)) {
            assertThat(versions(subscriber, 2)).containsExactly(1L, 2L);
            commit("committed", 3);
            assertThat(versions(subscriber, 1)).containsExactly(3L);
        }
    }

    @Test
    void openTransactionIsNotSeenBeforeItsCommit() throws Exception {
        create("open", 1);
        Map<String, Object> settings =
                Map.of("bootstrap.servers", TestServers.broker(), "transactional.id", "open");
        try (CheckpointSubscriber subscriber = subscriber("open", Start.BEGINNING);
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(record("open", event(1))).get();
            assertThat(versions(subscriber, 0)).isEmpty();
            producer.commitTransaction();
            assertThat(versions(subscriber, 1)).containsExactly(1L);
        }
    }

    @Test
    void subscriberBeginsWhereItIsTold() throws Exception {
        create("start", 1);
        commit("start", 1, 2, 3, 4);
        try (CheckpointSubscriber subscriber = subscriber("start", Start.version(3))) {
            assertThat(versions(subscriber, 2)).containsExactly(3L, 4L);
        }
        long second;
        try (CheckpointSubscriber subscriber = subscriber("start", Start.version(2))) {
            CommittedEvent event = subscriber.read(WAIT).get(0);
            second = event.offset();
            assertThat(event.headers().subject()).isEqualTo("tiny/v2");
            assertThat(event.headers().id()).isEqualTo(event.event().getEventId());
        }
        try (CheckpointSubscriber subscriber = subscriber("start", Start.after(second))) {
            assertThat(versions(subscriber, 2)).containsExactly(3L, 4L);
        }
        try (CheckpointSubscriber subscriber = subscriber("start", Start.END)) {
            commit("start", 5);
            assertThat(versions(subscriber, 1)).containsExactly(5L);
        }
    }

    @Test
    void nextRunWithSmallerVersionsIsSeenAfterTheVersionBegunWith() throws Exception {
        create("runs", 1);
        commit("runs", 1, 2);
        for (long version = 1; version <= 2; version++) {
            CheckpointEvent next = TestRecords.event("tiny", "run-2", version, version).build();
            transact("runs", true, List.of(record("runs", next)));
        }
        try (CheckpointSubscriber subscriber = subscriber("runs", Start.version(2))) {
            assertThat(versions(subscriber, 3)).containsExactly(2L, 1L, 2L);
        }
    }

    @Test
    void repeatedAndContradictingEventsArePassedOver() throws Exception {
        create("repeated", 1);
        CheckpointEvent forged = TestRecords.event("tiny", "run-1", 2, 15).build();
        CheckpointEvent huge = TestRecords.event("tiny", "run-1", 9L << 59, 9L << 59).build();
        CheckpointEvent backwards = TestRecords.event("tiny", "run-1", 3, 19).build();
        transact(
                "repeated",
                true,
                List.of(
                        record("repeated", event(1)),
                        record("repeated", event(2)),
                        record("repeated", event(1)),
                        record("repeated", forged),
                        record("repeated", huge),
                        record("repeated", backwards),
                        record("repeated", event(3))));
        try (CheckpointSubscriber subscriber = subscriber("repeated", Start.BEGINNING)) {
            assertThat(subscriber.poll(WAIT))
                    .extracting(CheckpointEvent::getStep)
                    .containsExactly(10L, 20L, 30L);
            assertThat(subscriber.passedOver()).isEqualTo(4);
        }
    }

    @Test
    void registryThatIsAwayLosesNoEvent(@TempDir Path own) throws Exception {
        create("away", 1);
        try (LocalRegistry second = LocalRegistry.start(own)) {
            SchemaRegistry writers = new SchemaRegistry(second.url(), REGISTRY_WAIT);
            transact("away", true, List.of(record("away", event(1), writers)));
            transact("away", true, List.of(record("away", event(2), writers)));
            SchemaRegistry unread = new SchemaRegistry(second.url(), REGISTRY_WAIT);
            try (CheckpointSubscriber subscriber =
                    new CheckpointSubscriber(kafka(), unread, "away", Start.BEGINNING)) {
                second.process().kill();
                assertThatThrownBy(() -> subscriber.poll(WAIT))
                        .isInstanceOf(SchemaRegistryException.class)
                        .hasMessageContaining(second.url());
                second.restart();
                assertThat(versions(subscriber, 2)).containsExactly(1L, 2L);
            }
        }
    }

    @Test
    void interruptedThreadCanCloseItsSubscriber() throws Exception {
        create("closed", 1);
        CheckpointSubscriber subscriber = subscriber("closed", Start.BEGINNING);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> subscriber.poll(WAIT)).isInstanceOf(InterruptException.class);
        subscriber.close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void deletedEventsAreAnErrorNotAGap() throws Exception {
        create("deleted", 1);
        commit("deleted", 1, 2, 3);
        TopicPartition partition = new TopicPartition("deleted", 0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", TestServers.broker()))) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4))).all().get();
        }
        try (CheckpointSubscriber subscriber = subscriber("deleted", Start.after(0))) {
            assertThatThrownBy(() -> subscriber.poll(WAIT))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("deleted-0 no longer holds the event")
                    .hasMessageContaining("offset 1");
        }
    }

    @Test
    void missingBrokerOrTopicIsNamed() throws Exception {
        Map<String, Object> nowhere =
                Map.of("bootstrap.servers", "127.0.0.1:9", "default.api.timeout.ms", "1000");
        assertThatThrownBy(
                        () -> new CheckpointSubscriber(nowhere, registry, "checkpoints", Start.END))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no Kafka broker answered at 127.0.0.1:9 within 1 s");
        assertThatThrownBy(
                        () ->
                                new CheckpointSubscriber(
                                        Map.of("bootstrap.servers", "nonsense"),
                                        registry,
                                        "checkpoints",
                                        Start.END))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("nonsense");
        assertThatThrownBy(() -> subscriber("absent", Start.BEGINNING))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("has no topic absent")
                .hasMessageContaining("kiln topics create");
        create("wide", 2);
        assertThatThrownBy(() -> subscriber("wide", Start.BEGINNING))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("topic wide")
                .hasMessageContaining("2 partitions");
        assertThatThrownBy(() -> Start.version(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("version: 0 is not allowed; expected 1 or more");
        assertThatThrownBy(() -> Start.after(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("offset: -1 is not allowed; expected 0 or more");
    }
}
