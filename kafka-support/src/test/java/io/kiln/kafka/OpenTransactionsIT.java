package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TopicReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions on a real broker. */
@Timeout(120)
class OpenTransactionsIT {
    private static final int PARTITIONS = 20;

    private final String topic = TestServers.unique("committed");
    private final KilnConfig config =
            KilnConfig.parse("", List.of("kafka.bootstrapServers=" + TestServers.broker()));

    @Test
    void whatIsCommittedIsSeenAfterTheWaitForIt() throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        }
        Map<String, Object> settings = new HashMap<>(TestServers.kafka());
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topic);
        try (TopicReader reader = Clients.reader(config);
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            for (int round = 1; round <= 20; round++) {
                producer.beginTransaction();
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    producer.send(new ProducerRecord<>(topic, partition, null, null));
                }
                producer.commitTransaction();
                OpenTransactions.awaitCommitted(config, topic);
                // a record and a marker a round
                assertThat(reader.extent(topic).ends().values()).containsOnly(2L * round);
            }
        }
    }
}
