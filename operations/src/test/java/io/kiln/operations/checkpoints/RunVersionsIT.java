package io.kiln.operations.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.CheckpointAnnouncement;
import io.kiln.kafka.KilnTopics;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Promotion;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The versions of a run, on a real broker and a real registry. */
@Timeout(120)
class RunVersionsIT {
    private static final Duration WAIT = Duration.ofSeconds(10);

    private final KilnConfig config =
            KilnConfig.parse(
                    "",
                    List.of(
                            "topics.checkpoints=" + TestServers.unique("checkpoints"),
                            "kafka.bootstrapServers=" + TestServers.broker(),
                            "registry.url=" + TestServers.registryUrl(),
                            "model.name=tiny",
                            "training.runId=run-1"));
    @TempDir private Path folder;

    /** The gate promotes it, with an adapter. */
    private void promotedByTheJob(long version) throws Exception {
        CheckpointEvent event = TestRecords.write(folder, "tiny", "run-1", version, 10 * version);
        CheckpointAnnouncement.send(config, event);
        byte[] content = ("adapter of " + version).getBytes(StandardCharsets.UTF_8);
        Path file = Files.write(folder.resolve("adapter-" + version), content);
        List<CheckpointFile> files = new ArrayList<>(event.getFiles());
        files.add(TestRecords.file(FileRole.ADAPTER, file, "safetensors", content));
        CheckpointEvent promoted =
                CheckpointEvents.withStatus(event, CheckpointStatus.PROMOTED, Instant.EPOCH);
        promoted.put("files", files);
        promoted.put("promotion", new Promotion(null, null, List.of(), "ADAPT"));
        CheckpointAnnouncement.send(config, promoted);
    }

    @Test
    void versionThatTheJobPromotedIsPromotedByAPersonTooWithItsAdapter() throws Exception {
        KilnTopics.create(config);
        promotedByTheJob(1);
        promotedByTheJob(2);
        RunVersions versions = new RunVersions(config);
        assertThat(versions.promote(2)).isTrue();
        assertThat(versions.promote(2)).as("a person has promoted it").isFalse();
        assertThat(versions.promote(1)).as("another one was promoted since").isTrue();
        assertThat(versions.promote(2)).isTrue();
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        TestServers.kafka(),
                        TestServers.registry(),
                        config.topics().checkpoints(),
                        Start.BEGINNING)) {
            List<CheckpointEvent> all = subscriber.poll(WAIT);
            assertThat(all.subList(4, all.size()))
                    .allSatisfy(event -> assertThat(event.getPromotion()).isNull())
                    .allSatisfy(
                            event ->
                                    assertThat(event.getFiles())
                                            .extracting(CheckpointFile::getRole)
                                            .containsExactly(FileRole.ENCODER, FileRole.ADAPTER))
                    .extracting(CheckpointEvent::getEventId)
                    .containsExactly(
                            "run-1-v2-promoted-2", "run-1-v1-promoted-2", "run-1-v2-promoted-3");
        }
    }
}
