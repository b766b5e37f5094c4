package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.TestServers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
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
