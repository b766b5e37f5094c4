package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kiln.schemas.TopicReader.Extent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reader against a real broker with real transactions. */
@Timeout(60)
class TopicReaderIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private String topic;
    private TopicPartition first;

    @BeforeEach
    void create() throws Exception {
        topic = TestServers.unique("read");
        first = new TopicPartition(topic, 0);
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
        }
    }

    private static TopicReader committed() {
        return TopicReader.committed(TestServers.kafka(), TIMEOUT);
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(TestServers.kafka());
        settings.putAll(more);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private void send(int partition, String... values) {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, partition, null, value));
            }
        }
    }

    private KafkaProducer<String, String> open(String... values) {
        KafkaProducer<String, String> producer = producer(Map.of("transactional.id", topic));
        producer.initTransactions();
        producer.beginTransaction();
        for (String value : values) {
            producer.send(new ProducerRecord<>(topic, 0, null, value));
        }
        producer.flush();
        return producer;
    }

    private static List<String> read(TopicReader reader, Extent extent) {
        List<String> values = new ArrayList<>();
        reader.read(extent, record -> values.add(text(record)));
        return values;
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    @Test
    void extentIsReadToItsEndAndNoFurther() {
        send(0, "a", "b");
        send(1, "x");
        try (TopicReader reader = committed()) {
            Extent before = reader.extent(topic);
            send(0, "c");
            assertThat(read(reader, before)).containsExactlyInAnyOrder("a", "b", "x");
            Extent now = reader.extent(topic);
            assertThat(read(reader, now.from(before.ends()))).containsExactly("c");
            assertThat(read(reader, now.newest(1))).containsExactlyInAnyOrder("c", "x");
            assertThat(read(reader, now.from(Map.of(first, 1L))))
                    .as("a partition without an offset is read from its beginning")
                    .containsExactlyInAnyOrder("b", "c", "x");
        }
    }

    @Test
    void abortedRecordsAreNotReadAndDoNotHoldTheReaderUp() {
        send(0, "a");
        try (KafkaProducer<String, String> producer = open("aborted", "aborted")) {
            producer.abortTransaction();
        }
        try (TopicReader reader = committed()) {
            // The broker confirms the abort before it writes the marker.
            await().untilAsserted(
                            () -> assertThat(reader.extent(topic).ends()).containsEntry(first, 4L));
            assertThat(read(reader, reader.extent(topic))).containsExactly("a");
        }
    }

    @Test
    void openTransactionIsTheEndOfWhatIsCommittedOnly() {
        send(0, "a");
        try (KafkaProducer<String, String> producer = open("open")) {
            send(0, "b");
            try (TopicReader reader = committed();
                    TopicReader all = TopicReader.uncommitted(TestServers.kafka(), TIMEOUT)) {
                assertThat(read(reader, reader.extent(topic))).containsExactly("a");
                assertThat(read(all, all.extent(topic))).containsExactly("a", "open", "b");
            }
            producer.abortTransaction();
        }
    }

    @Test
    void whatIsDeletedMeanwhileIsPassedOverByReadAndAnErrorForPoll() throws Exception {
        send(0, "a", "b", "c");
        try (TopicReader reader = committed()) {
            Extent before = reader.extent(topic);
            try (Admin admin = Admin.create(TestServers.kafka())) {
                admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(2))).all().get();
            }
            assertThat(read(reader, before)).containsExactly("c");
            reader.seek(before.begins());
            assertThatThrownBy(() -> reader.poll(TIMEOUT))
                    .isInstanceOf(OffsetOutOfRangeException.class);
        }
    }

    @Test
    void pollFollowsWhatComes() {
        try (TopicReader reader = committed()) {
            reader.seek(reader.extent(topic).ends());
            send(1, "x");
            assertThat(reader.poll(TIMEOUT)).extracting(TopicReaderIT::text).containsExactly("x");
            assertThat(reader.poll(Duration.ZERO)).isEmpty();
        }
    }

    @Test
    void interruptedThreadClosesItsReaderAndStaysInterrupted() {
        TopicReader reader = committed();
        reader.seek(reader.extent(topic).begins());
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> reader.poll(TIMEOUT)).isInstanceOf(InterruptException.class);
        reader.close();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void missingTopicBrokerAndSettingsAreNamed() {
        try (TopicReader reader = committed()) {
            assertThatThrownBy(() -> reader.extent("absent"))
                    .isInstanceOf(BrokerException.class)
                    .hasMessage(
                            "the Kafka broker at "
                                    + TestServers.broker()
                                    + " has no topic absent; create it with: kiln topics create");
        }
        Map<String, Object> nowhere = Map.of("bootstrap.servers", "127.0.0.1:9");
        try (TopicReader reader = TopicReader.committed(nowhere, Duration.ofSeconds(1))) {
            assertThatThrownBy(() -> reader.extent(topic))
                    .isInstanceOf(BrokerException.class)
                    .hasMessageContaining("no Kafka broker answered at 127.0.0.1:9 within 1 s");
        }
        Map<String, Object> nonsense = Map.of("bootstrap.servers", "nonsense");
        assertThatThrownBy(() -> TopicReader.committed(nonsense, TIMEOUT))
                .isInstanceOf(BrokerException.class)
                .hasMessageContaining("nonsense");
    }
}
