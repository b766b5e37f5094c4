package io.kiln.operations.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.TestServers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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

/** Audits topics that retention has shortened, with a real broker and registry. */
@Timeout(120)
class AuditIT {
    private static final Instant NOW = Instant.now();
    private static final Instant OLD = NOW.minus(Duration.ofDays(8)); // retention is seven

    private KilnConfig config;

    @BeforeEach
    void createTopics() {
        List<String> overrides = new ArrayList<>();
        for (String key :
                List.of("images", "deadLetters", "sparseBatches", "trainingSteps", "checkpoints")) {
            overrides.add("topics." + key + "=" + TestServers.unique(key));
        }
        overrides.add("kafka.bootstrapServers=" + TestServers.broker());
        overrides.add("registry.url=" + TestServers.registryUrl());
        config = KilnConfig.parse("", overrides);
        KilnTopics.create(config);
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
        assertThat(audit(false).clean()).isTrue();
        assertThat(audit(true).findings())
                .extracting(Finding::kind, Finding::place)
                .containsExactly(tuple(Kind.LOST, config.topics().images() + "/0@2-4"));
    }

    private AuditReport audit(boolean complete) {
        return Audit.of(config, new Audit.Options(complete, false));
    }

    private static void send(String topic, Instant written, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, 0, written.toEpochMilli(), null, value))
                    .get();
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
