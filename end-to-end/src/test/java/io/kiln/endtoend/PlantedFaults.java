package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.audit.Finding;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.RecordDeserializer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Damages a sound deployment in several ways; the audit must find each. */
final class PlantedFaults {
    private final KilnConfig config;

    PlantedFaults(KilnConfig config) {
        this.config = config;
    }

    /** Causes one damage after the other; each adds to the findings of those before. */
    void requireEachFound() throws Exception {
        AuditReport sound = audit(true);
        assertThat(sound.findings()).isEmpty();
        assertThat(sound.clean()).isTrue();
        assertThat(sound.imageViews() + sound.deadLetters()).isEqualTo(sound.images());
        assertThat(sound.files()).isEqualTo(8 * sound.events());

        ConsumerRecord<byte[], byte[]> last = lastEvent();
        Path encoder = file(last, "model.safetensors");
        Path state = file(last, "training-state.safetensors");
        Files.delete(encoder);
        byte[] bytes = Files.readAllBytes(state);
        bytes[bytes.length - 1] ^= 1;
        Files.write(state, bytes);
        requireFound(Map.of(Kind.MISSING, 1L, Kind.CORRUPT, 1L));

        send(config.topics().checkpoints(), last);
        requireFound(Map.of(Kind.MISSING, 1L, Kind.CORRUPT, 1L, Kind.DUPLICATED, 1L));

        deleteFirstBatch();
        requireFound(
                Map.of(Kind.MISSING, 1L, Kind.CORRUPT, 1L, Kind.DUPLICATED, 1L, Kind.DELETED, 1L));

        send(config.topics().images(), last); // the content does not matter: the jobs have ended
        assertThat(audit(false).imagesPending()).isEqualTo(1);
        AuditReport lost = audit(true);
        assertThat(lost.counts()).containsEntry(Kind.LOST, 1L);
        assertThat(lost.findings())
                .filteredOn(finding -> finding.kind() == Kind.LOST)
                .extracting(Finding::place)
                .allMatch(place -> place.startsWith(config.topics().images() + "/"));
    }

    private void requireFound(Map<Kind, Long> expected) {
        AuditReport report = audit(true);
        assertThat(report.counts()).as(report.findings().toString()).isEqualTo(expected);
    }

    private AuditReport audit(boolean complete) {
        return Audit.of(config, new Audit.Options(complete, true));
    }

    private ConsumerRecord<byte[], byte[]> lastEvent() {
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, config.topics().checkpoints(), 1)) {
            List<ConsumerRecord<byte[], byte[]>> events =
                    follower.await(records -> !records.isEmpty());
            return events.get(events.size() - 1);
        }
    }

    private Path file(ConsumerRecord<byte[], byte[]> record, String name) {
        CheckpointEvent event =
                new RecordDeserializer<>(Clients.registry(config), CheckpointEvent.class)
                        .read(record.value());
        return event.getFiles().stream()
                .filter(file -> file.getUri().endsWith("/" + name))
                .map(file -> Path.of(URI.create(file.getUri())))
                .findFirst()
                .orElseThrow();
    }

    private void send(String topic, ConsumerRecord<byte[], byte[]> copy) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            producer.send(new ProducerRecord<>(topic, 0, copy.key(), copy.value(), copy.headers()))
                    .get();
        }
    }

    private void deleteFirstBatch() throws Exception {
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                        TopicFollower.of(config, config.topics().sparseBatches(), 1);
                Admin admin = Admin.create(Clients.properties(config))) {
            ConsumerRecord<byte[], byte[]> first =
                    follower.await(records -> !records.isEmpty()).get(0);
            admin.deleteRecords(
                            Map.of(
                                    new TopicPartition(first.topic(), first.partition()),
                                    RecordsToDelete.beforeOffset(first.offset() + 1)))
                    .all()
                    .get();
        }
    }
}
