package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.runtime.operators.sink.SinkWriterOperatorFactory;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExactlyOnceSinkIT {
    private static final String TOPIC = "records";
    private static final String IDS = "fenced";
    private static final Duration TIMEOUT = Duration.ofMinutes(1);

    @TempDir Path directory;

    /**
     * A frozen task wakes up after its successor has aborted its transaction, and its sends fail.
     * If closing it threw their exception, Flink would end the whole task manager.
     */
    @Test
    void fencedTaskClosesWithoutAnException() throws Exception {
        try (LocalBroker broker = LocalBroker.start(directory)) {
            Map<String, Object> client =
                    Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
            try (Admin admin = Admin.create(client)) {
                admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
                OneInputStreamOperatorTestHarness<String, CommittableMessage<KafkaCommittable>>
                        frozen = writer(broker);
                frozen.open();
                frozen.processElement("before", 0);
                String transaction =
                        Awaitility.await("a transaction")
                                .atMost(TIMEOUT)
                                .until(() -> transaction(admin), Optional::isPresent)
                                .orElseThrow();
                try (KafkaProducer<byte[], byte[]> successor = successor(client, transaction)) {
                    successor.initTransactions();
                }
                frozen.processElement("after", 1);
                Awaitility.await("the broker's refusal")
                        .atMost(TIMEOUT)
                        .pollInSameThread()
                        .until(() -> frozen.getTaskMailbox().hasMail());
                assertThatCode(frozen::close).doesNotThrowAnyException();
            }
        }
    }

    private static OneInputStreamOperatorTestHarness<String, CommittableMessage<KafkaCommittable>>
            writer(LocalBroker broker) throws Exception {
        KilnConfig config =
                KilnConfig.parse(
                        "", List.of("kafka.bootstrapServers=" + broker.bootstrapServers()));
        KafkaRecordSerializationSchema<String> serializer =
                KafkaRecordSerializationSchema.<String>builder()
                        .setTopic(TOPIC)
                        .setValueSerializationSchema(text -> text.getBytes(StandardCharsets.UTF_8))
                        .build();
        return new OneInputStreamOperatorTestHarness<>(
                new SinkWriterOperatorFactory<>(ExactlyOnceSink.of(config, IDS, serializer)));
    }

    private static Optional<String> transaction(Admin admin) throws Exception {
        return admin.listTransactions().all().get().stream()
                .map(TransactionListing::transactionalId)
                .filter(id -> id.startsWith(IDS))
                .findFirst();
    }

    private static KafkaProducer<byte[], byte[]> successor(
            Map<String, Object> client, String transaction) {
        Map<String, Object> settings = new HashMap<>(client);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transaction);
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
