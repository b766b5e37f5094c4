package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CloudEventHeaders;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.ForeignRecord;
import io.kiln.schemas.OffsetRange;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records of checkpoints that Kiln did not write: the subscriber passes over each, and counts. */
@Timeout(120)
class ForeignEventsIT {
    private static final Duration MOMENT = Duration.ofMillis(500);

    @ParameterizedTest
    @EnumSource
    void recordThatIsNoEventIsPassedOverAndCounted(ForeignRecord kind) throws Exception {
        byte[] value = kind.value(TestServers.registryUrl());
        requirePassedOver(topic -> new ProducerRecord<>(topic, value));
    }

    /** With the headers of an event, which make no event of them. */
    @ParameterizedTest
    @EnumSource
    void recordThatClaimsToBeAnEventIsPassedOverAndCounted(ForeignRecord kind) throws Exception {
        byte[] value = kind.value(TestServers.registryUrl());
        requirePassedOver(
                topic -> {
                    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, value);
                    CloudEventHeaders.of(event(2)).addTo(record.headers());
                    return record;
                });
    }

    /** Events that are well written, and that no trainer known here sends. */
    private enum Impossible {
        LATER_TYPE(event -> {}),
        NO_HEADERS(event -> {}),
        VERSION_BELOW_ONE(event -> event.put("version", 0L)),
        VERSION_AT_THE_END_OF_NUMBERS(event -> event.put("version", Long.MAX_VALUE)),
        FEWER_STEPS_THAN_VERSIONS(event -> event.put("step", 1L)),
        FEWER_IMAGES_THAN_STEPS(event -> event.put("samplesSeen", -1L)),
        NO_MODEL(event -> event.put("model", " ")),
        ENDLESS_RUN(event -> event.put("runId", "r".repeat(100_000))),
        ANOTHER_ID(event -> event.put("eventId", "run-1-v1-candidate-again")),
        OFFSETS_THAT_RUN_BACKWARDS(
                event -> event.put("offsets", List.of(new OffsetRange("images", 0, 9L, 3L)))),
        TOPIC_THAT_IS_A_PATH(
                event -> event.put("offsets", List.of(new OffsetRange("../x", 0, 0L, 3L)))),
        FILE_WITHOUT_A_PLACE(event -> event.put("files", List.of(file("", "ab".repeat(32))))),
        FILE_WITHOUT_A_DIGEST(event -> event.put("files", List.of(file("file:///a", "ab"))));

        private final Consumer<CheckpointEvent> change;

        Impossible(Consumer<CheckpointEvent> change) {
            this.change = change;
        }

        private static CheckpointFile file(String uri, String sha256) {
            return new CheckpointFile(FileRole.ENCODER, uri, "safetensors", 3L, sha256);
        }

        ProducerRecord<byte[], byte[]> record(String topic) {
            CheckpointEvent event = event(2);
            change.accept(event);
            ProducerRecord<byte[], byte[]> record = ForeignEventsIT.record(topic, event);
            if (this == LATER_TYPE) {
                record.headers().remove("ce_type").add("ce_type", ascii("io.kiln.checkpoint.v2"));
            }
            return this == NO_HEADERS ? new ProducerRecord<>(topic, record.value()) : record;
        }
    }

    @ParameterizedTest
    @EnumSource
    void eventThatIsImpossibleIsPassedOverAndCounted(Impossible kind) throws Exception {
        requirePassedOver(kind::record);
    }

    /** Before the first event, between two, and behind the last. */
    private static void requirePassedOver(Function<String, ProducerRecord<byte[], byte[]>> foreign)
            throws Exception {
        String topic = TestServers.unique("foreign");
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        }
        TestServers.registry().register(topic + "-value", CheckpointEvent.getClassSchema());
        send(
                foreign.apply(topic),
                record(topic, event(1)),
                foreign.apply(topic),
                record(topic, event(2)),
                foreign.apply(topic));
        SchemaRegistry impatient =
                new SchemaRegistry(TestServers.registryUrl(), Duration.ofSeconds(3));
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(TestServers.kafka(), impatient, topic, Start.BEGINNING)) {
            requireVersions(subscriber, 1L, 2L);
            while (subscriber.passedOver() < 3) { // the last one may come with the next poll
                assertThat(subscriber.poll(MOMENT)).isEmpty();
            }
            send(record(topic, event(3)));
            requireVersions(subscriber, 3L);
            assertThat(subscriber.passedOver()).isEqualTo(3);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The next events, however many polls they take. */
    private static void requireVersions(CheckpointSubscriber subscriber, Long... expected) {
        List<Long> versions = new ArrayList<>();
        while (versions.size() < expected.length) {
            subscriber.poll(MOMENT).forEach(event -> versions.add(event.getVersion()));
        }
        assertThat(versions).containsExactly(expected);
    }

    @SafeVarargs
    private static void send(ProducerRecord<byte[], byte[]>... records) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (ProducerRecord<byte[], byte[]> record : records) {
                producer.send(record).get();
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, CheckpointEvent event) {
        return TestRecords.record(TestServers.registry(), topic, event);
    }

    private static CheckpointEvent event(long version) {
        return TestRecords.event("tiny", "run-1", version, 10 * version).build();
    }
}
