package io.kiln.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.audit.Finding;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.operations.deadletters.DeadLetterFilter;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ForeignRecord;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Verbs over topics that hold records which Kiln did not write, with a real broker and registry.
 */
@Timeout(120)
class ForeignRecordsIT {
    private KilnConfig config;

    @BeforeEach
    void createTopics() {
        config =
                OwnTopics.create(
                        "registry.connectTimeout=3s", "model.name=tiny", "training.runId=run-1");
    }

    private static void send(String topic, byte @Nullable [] value, Map<String, String> headers)
            throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, null, value);
            headers.forEach(
                    (name, text) ->
                            record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
            producer.send(record).get();
        }
    }

    private void announce(CheckpointEvent event) throws Exception {
        String topic = config.topics().checkpoints();
        byte[] value =
                new RecordSerializer<CheckpointEvent>(Clients.registry(config))
                        .serialize(topic, event);
        send(topic, value, CloudEventHeaders.of(event).toMap());
    }

    private static CheckpointEvent event(long version) {
        return TestRecords.event("tiny", "run-1", version, 10 * version).build();
    }

    private static CheckpointEvent becomes(long version, CheckpointStatus status, String more) {
        CheckpointEvent event = CheckpointEvents.withStatus(event(version), status, Instant.EPOCH);
        event.put("eventId", event.getEventId() + more);
        return event;
    }

    @ParameterizedTest
    @EnumSource
    void verbsPassOverEachKindInEachTopicAndTheAuditTellsIt(ForeignRecord kind) throws Exception {
        byte[] value = kind.value(TestServers.registryUrl());
        announce(event(1));
        for (String topic :
                Stream.of(
                                config.topics().images(),
                                config.topics().deadLetters(),
                                config.topics().sparseBatches(),
                                config.topics().trainingSteps(),
                                config.topics().checkpoints())
                        .toList()) {
            send(topic, value, Map.of());
        }
        announce(event(2));
        sendDeadLetter();

        assertThat(new RunVersions(config).all())
                .extracting(version -> version.event().getVersion())
                .containsExactly(1L, 2L);
        try (DeadLetters letters = new DeadLetters(config)) {
            assertThat(letters.list(DeadLetterFilter.any())).hasSize(1);
        }
        AuditReport report = Audit.of(config, new Audit.Options(true, false));
        assertThat(report.findings())
                .filteredOn(finding -> finding.kind() == Kind.UNEXPLAINED)
                .extracting(Finding::place)
                .contains(
                        config.topics().sparseBatches() + "/0@0",
                        config.topics().trainingSteps() + "/0@0",
                        config.topics().checkpoints() + "/0@1",
                        config.topics().deadLetters() + "/0@0");
        assertThat(report.findings()) // the image's dead letter names it
                .noneMatch(finding -> finding.place().startsWith(config.topics().images() + "/"));
    }

    /** Of the record at offset 0 of images. */
    private void sendDeadLetter() throws Exception {
        send(
                config.topics().deadLetters(),
                new byte[1],
                Map.of(
                        DeadLetterHeaders.REASON, "A_REASON_OF_A_LATER_KILN",
                        DeadLetterHeaders.TOPIC, config.topics().images(),
                        DeadLetterHeaders.PARTITION, "0",
                        DeadLetterHeaders.OFFSET, "0"));
    }

    @Test
    void impossibleDeadLettersAndMarksArePassedOver() throws Exception {
        for (String offset : List.of("-1", "seven", "99999999999999999999", "")) {
            send(
                    config.topics().deadLetters(),
                    new byte[1],
                    Map.of(
                            DeadLetterHeaders.TOPIC,
                            config.topics().images(),
                            DeadLetterHeaders.PARTITION,
                            "0",
                            DeadLetterHeaders.OFFSET,
                            offset));
            send(config.topics().deadLetters(), null, Map.of(DeadLetterHeaders.REPLAYED, offset));
        }
        sendDeadLetter();
        try (DeadLetters letters = new DeadLetters(config)) {
            assertThat(letters.list(DeadLetterFilter.any())).hasSize(1);
        }
    }

    @Test
    void repeatedOrForgedEventsChangeNoStatus() throws Exception {
        announce(event(1));
        announce(becomes(1, CheckpointStatus.PROMOTED, "-1"));
        announce(event(1));
        announce(TestRecords.event("tiny", "run-1", 1, 5).build());
        announce(becomes(1, CheckpointStatus.REVOKED, "-2"));
        announce(becomes(1, CheckpointStatus.PROMOTED, "-1"));
        announce(TestRecords.event("tiny", "run-1", 9L << 59, 9L << 59).build());
        announce(becomes(7, CheckpointStatus.PROMOTED, "-1"));
        assertThat(new RunVersions(config).all())
                .extracting(PublishedVersion::status)
                .containsExactly(CheckpointStatus.REVOKED);
        assertThat(new RunVersions(config).get(1).event().getStep()).isEqualTo(10);
    }
}
