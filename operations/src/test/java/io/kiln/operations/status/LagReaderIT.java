package io.kiln.operations.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OwnTopics;
import io.kiln.operations.status.StreamReading.Lag;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TopicReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class LagReaderIT {
    private static final int PARTITIONS = 4;

    private final KilnConfig config = OwnTopics.create("topics.partitionsPerTrainer=" + PARTITIONS);
    private final String topic = config.topics().sparseBatches();

    @ParameterizedTest
    @ValueSource(ints = {8, 20})
    void markersBehindTheLastRecordsAreNoRecords(int subtasks) throws Exception {
        commitTogether(subtasks);
        Map<TopicPartition, Long> next = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            next.put(new TopicPartition(topic, partition), (long) subtasks);
        }
        try (TopicReader reader = Clients.reader(config)) {
            LagReader lags = new LagReader(reader, Instant.now(), subtasks);
            long markers = (long) PARTITIONS * subtasks;
            Awaitility.await("the markers, which come after a commit is acknowledged")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> reader.extent(topic).from(next).size() == markers);
            assertThat(lags.lag(topic, next)).isEqualTo(Lag.NONE);
            next.put(new TopicPartition(topic, 0), (long) subtasks - 1);
            Lag one = lags.lag(topic, next);
            assertThat(one.records()).as("with its markers").isEqualTo(1 + subtasks);
            assertThat(one.oldest()).isPresent();
        }
    }

    /** Each transaction has one record in each partition, and all end once all are written. */
    private void commitTogether(int transactions) throws Exception {
        List<KafkaProducer<byte[], byte[]>> writers = new ArrayList<>();
        try {
            for (int i = 0; i < transactions; i++) {
                KafkaProducer<byte[], byte[]> writer = writer(topic + "-" + i);
                writers.add(writer);
                writer.beginTransaction();
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    writer.send(new ProducerRecord<>(topic, partition, null, new byte[1])).get();
                }
            }
            writers.forEach(KafkaProducer::commitTransaction);
        } finally {
            writers.forEach(KafkaProducer::close);
        }
    }

    private static KafkaProducer<byte[], byte[]> writer(String transactionalId) {
        Map<String, Object> settings = new HashMap<>(TestServers.kafka());
        settings.put("transactional.id", transactionalId);
        KafkaProducer<byte[], byte[]> writer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        writer.initTransactions();
        return writer;
    }
}
