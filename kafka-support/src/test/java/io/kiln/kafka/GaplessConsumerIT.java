package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.TestServers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reading ahead, from a real broker. */
@Timeout(120)
class GaplessConsumerIT {
    private final String topic = TestServers.unique("read-ahead");
    private final TopicPartition partition = new TopicPartition(topic, 0);
    private final KilnConfig config =
            KilnConfig.parse("", List.of("kafka.bootstrapServers=" + TestServers.broker()));

    @Test
    void whatNobodyHasTakenIsPending() throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
        }
        send(10);
        try (GaplessConsumer consumer =
                new GaplessConsumer(
                        config,
                        topic,
                        Map.of(new TopicPartition(topic, 0), 2L, new TopicPartition(topic, 1), -1L),
                        topic,
                        () -> {},
                        "No advice.")) {
            awaitPending(consumer, 8);
            send(5);
            for (int i = 0; i < 8; i++) {
                await().until(() -> consumer.poll(0) != null);
            }
            awaitPending(consumer, 5);
            for (int i = 0; i < 5; i++) {
                await().until(() -> consumer.poll(0) != null);
            }
            awaitPending(consumer, 0);
            assertThat(consumer.pendingRecords(1)).isZero();
        }
    }

    /** What the last transaction left behind it is a marker; what was deleted unread is a loss. */
    @Test
    void deletedRecordsAreALossUnlessAnEarlierReaderHadReachedTheirEnd() throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            sendInATransaction(10);
            try (GaplessConsumer consumer = consumer(0)) {
                take(consumer, 10);
                commit(consumer, admin, 10, 11);
            }
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).all().get();
            try (GaplessConsumer consumer = consumer(10)) {
                sendInATransaction(1);
                await().until(() -> consumer.poll(0) != null);
            }
            for (long next : List.of(5L, 9L)) {
                try (GaplessConsumer consumer = consumer(next)) {
                    await().atMost(Duration.ofSeconds(30))
                            .untilAsserted(
                                    () ->
                                            assertThatThrownBy(() -> consumer.poll(0))
                                                    .isInstanceOf(NonRecoverableJobException.class)
                                                    .hasStackTraceContaining(
                                                            "were deleted before they were read"));
                }
            }
        }
    }

    private GaplessConsumer consumer(long next) {
        return new GaplessConsumer(
                config, topic, Map.of(partition, next), topic, () -> {}, "No advice.");
    }

    private static void take(GaplessConsumer consumer, int records) {
        for (int i = 0; i < records; i++) {
            await().until(() -> consumer.poll(0) != null);
        }
    }

    /** Commits until the note is behind the marker. */
    private void commit(GaplessConsumer consumer, Admin admin, long next, long end) {
        await().until(
                        () -> {
                            consumer.commit(Map.of(partition, next));
                            OffsetAndMetadata noted =
                                    admin.listConsumerGroupOffsets(topic)
                                            .partitionsToOffsetAndMetadata()
                                            .get()
                                            .get(partition);
                            return noted != null && noted.offset() == end;
                        });
    }

    private void sendInATransaction(int records) throws Exception {
        Map<String, Object> settings = new HashMap<>(TestServers.kafka());
        settings.put("transactional.id", topic);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, new byte[1])).get();
            }
            producer.commitTransaction();
        }
    }

    private static void awaitPending(GaplessConsumer consumer, long records) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(consumer.pendingRecords(0)).isEqualTo(records));
    }

    private void send(int records) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, new byte[1])).get();
            }
        }
    }
}
