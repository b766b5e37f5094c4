package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two models whose runs have one name and announce their versions on one topic. */
@Timeout(120)
class SharedTopicIT {
    private static final Duration WAIT = Duration.ofSeconds(20);

    @Test
    void currentBeginsWithTheVersionOfEachModel() throws Exception {
        String topic = TestServers.unique("shared");
        CheckpointEvent small = TestRecords.event("small", "run-1", 1, 10).build();
        CheckpointEvent large = TestRecords.event("large", "run-1", 1, 20).build();
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (CheckpointEvent event : List.of(small, large)) {
                producer.send(TestRecords.record(TestServers.registry(), topic, event)).get();
            }
        }
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        TestServers.kafka(), TestServers.registry(), topic, Start.CURRENT)) {
            assertThat(subscriber.poll(WAIT)).containsExactly(large, small);
        }
    }
}
