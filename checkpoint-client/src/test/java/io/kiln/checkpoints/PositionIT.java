package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A subscriber that goes on where an earlier one has committed, on a real broker. */
@Timeout(120)
class PositionIT {
    private final String topic = TestServers.unique("checkpoints");
    @TempDir private Path folder;
    private Path position;

    @BeforeEach
    void prepare() throws Exception {
        position = folder.resolve("state/position");
        create();
    }

    private void create() throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            awaitListed(admin, true); // the broker hears of it a moment later
        }
    }

    private void awaitListed(Admin admin, boolean listed) throws Exception {
        while (admin.listTopics().names().get().contains(topic) != listed) {
            Thread.sleep(50); // the test's time-out ends it
        }
    }

    private void send(String runId, long... versions) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (long version : versions) {
                CheckpointEvent event =
                        TestRecords.event("tiny", runId, version, 10 * version).build();
                producer.send(TestRecords.record(TestServers.registry(), topic, event)).get();
            }
        }
    }

    private CheckpointSubscriber resuming(Start first) {
        return CheckpointSubscriber.resuming(
                TestServers.kafka(), TestServers.registry(), topic, first, position);
    }

    /** Versions as they come, so many. */
    private static List<Long> versions(CheckpointSubscriber subscriber, int count) {
        List<Long> versions = new ArrayList<>();
        while (versions.size() < count) { // the test's time-out ends it
            subscriber.poll(Duration.ofMillis(500)).forEach(e -> versions.add(e.getVersion()));
        }
        return versions;
    }

    @Test
    void goesOnBehindWhatWasCommittedAndGivesTheRestAgain() throws Exception {
        send("run-1", 1, 2, 3);
        try (CheckpointSubscriber subscriber = resuming(Start.version(2))) {
            subscriber.commit(); // of nothing
            assertThat(position).doesNotExist();
            assertThat(versions(subscriber, 2)).containsExactly(2L, 3L);
            subscriber.commit();
            send("run-1", 4, 5);
            assertThat(versions(subscriber, 2)).containsExactly(4L, 5L);
        }
        try (CheckpointSubscriber subscriber = resuming(Start.version(2))) {
            assertThat(versions(subscriber, 2)).containsExactly(4L, 5L);
            subscriber.commit();
        }
        send("run-2", 1);
        try (CheckpointSubscriber subscriber = resuming(Start.version(2))) {
            assertThat(versions(subscriber, 1)).containsExactly(1L);
        }
        try (Stream<Path> files = Files.list(position.getParent())) {
            assertThat(files).containsExactly(position);
        }
    }

    private void assertRefused(String reason) {
        assertThatThrownBy(() -> resuming(Start.BEGINNING).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(position.toString())
                .hasMessageContaining(reason)
                .hasMessageContaining("Delete the file to begin anew");
    }

    @Test
    void topicThatWasMadeAgainOrLostTheEventIsNotTakenForTheOldOne() throws Exception {
        send("run-1", 1, 2);
        try (CheckpointSubscriber subscriber = resuming(Start.BEGINNING)) {
            versions(subscriber, 2);
            subscriber.commit();
        }
        try (Admin admin = Admin.create(TestServers.kafka())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2))).all().get();
            assertRefused("holds offsets 2 to 1");
            admin.deleteTopics(List.of(topic)).all().get();
            awaitListed(admin, false);
        }
        create();
        assertRefused("holds offsets 0 to -1");
        send("run-2", 1, 2, 3);
        assertRefused("there is run-2-v2-candidate");
    }

    @Test
    void fileThatIsNoPositionOfTheTopicIsRefused() throws Exception {
        Files.createDirectories(position.getParent());
        Files.writeString(position, "");
        assertRefused("is of topic null; expected one of topic " + topic);
        Files.writeString(position, "topic=other\noffset=1\neventId=a");
        assertRefused("is of topic other");
        for (String damaged : List.of("offset=x\neventId=a", "eventId=a", "\\u12")) {
            Files.writeString(position, "topic=" + topic + "\n" + damaged);
            assertRefused("cannot be read");
        }
        Files.writeString(position, "topic=" + topic + "\noffset=1");
        assertRefused("has no event");
    }

    @Test
    void currentVersionAndMissingFilesAreMistakes() throws Exception {
        assertThatThrownBy(() -> resuming(Start.CURRENT).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CURRENT is not allowed with a position");
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        TestServers.kafka(), TestServers.registry(), topic, Start.BEGINNING)) {
            assertThatThrownBy(subscriber::commit)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("use resuming");
        }
    }
}
