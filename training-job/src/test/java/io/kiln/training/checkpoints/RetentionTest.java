package io.kiln.training.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.kafka.ArtifactStore;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.training.job.TestBatches;
import io.kiln.training.state.RunProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Retention over a topic in memory and a real folder. */
@Timeout(60)
class RetentionTest {
    @TempDir private Path artifacts;

    private final List<CheckpointEvent> topic = new ArrayList<>();
    private final RunProgress progress = RunProgress.fresh(List.of(0));
    private final AtomicInteger sources = new AtomicInteger();
    private boolean brokerIsThere = true;
    private @Nullable Retention running;

    private void start(int flinkRetained) {
        close();
        running =
                new Retention(
                        TestBatches.config(
                                artifacts.toUri().toString(),
                                "checkpoints.keepLast=2",
                                "checkpoints.keepEvery=0"),
                        flinkRetained,
                        Topic::new);
    }

    private Retention retention() {
        return Objects.requireNonNull(running, "start() comes first");
    }

    @AfterEach
    void close() {
        if (running != null) {
            running.close();
        }
    }

    /** What is visible of the topic, from the beginning on. */
    private final class Topic implements Retention.EventSource {
        private int position;

        private Topic() {
            sources.incrementAndGet();
        }

        @Override
        public List<CheckpointEvent> next() {
            synchronized (topic) {
                if (!brokerIsThere) {
                    throw new IllegalStateException("no broker");
                }
                List<CheckpointEvent> events = List.copyOf(topic.subList(position, topic.size()));
                position = topic.size();
                return events;
            }
        }

        @Override
        public void close() {}
    }

    private void commit(CheckpointEvent... events) {
        synchronized (topic) {
            topic.addAll(List.of(events));
        }
        retention().committed();
    }

    private void publish(long version) throws IOException {
        write(TestVersions.folder(version));
        commit(TestVersions.event(version, CheckpointStatus.CANDIDATE));
    }

    private void write(VersionFolder version) throws IOException {
        Path folder = artifacts.resolve("tiny/run-1").resolve(version.name());
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("model.safetensors"), "weights");
    }

    private List<String> folders() {
        try (Stream<Path> found = Files.list(artifacts.resolve("tiny/run-1"))) {
            return found.map(p -> p.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> names(long... versions) {
        return java.util.Arrays.stream(versions)
                .mapToObj(version -> TestVersions.folder(version).name())
                .toList();
    }

    private List<CheckpointEvent> awaitDue(int count) {
        List<CheckpointEvent> due = new ArrayList<>();
        await().until(
                        () -> {
                            due.addAll(retention().due(progress));
                            return due.size() >= count;
                        });
        return due;
    }

    @Test
    void filesGoOnceTheEventThatRetiresThemIsVisibleAndNotBefore() throws IOException {
        start(1);
        for (long version = 1; version <= 4; version++) {
            publish(version);
        }
        List<CheckpointEvent> due = awaitDue(2);
        assertThat(due)
                .extracting(CheckpointEvent::getEventId)
                .containsExactly("run-1-v1-retired", "run-1-v2-retired");
        assertThat(due)
                .extracting(CheckpointEvent::getStatus)
                .containsOnly(CheckpointStatus.RETIRED);
        assertThat(retention().due(progress)).as("announced once").isEmpty();
        assertThat(folders()).isEqualTo(names(1, 2, 3, 4));
        commit(due.get(0), due.get(1));
        await().untilAsserted(() -> assertThat(folders()).isEqualTo(names(3, 4)));
        assertThat(retention().due(progress)).isEmpty();
    }

    @Test
    void whatWasRetiredBeforeACrashIsDeletedAfterIt() throws IOException {
        start(1);
        brokerIsThere = false; // and so nothing is deleted before the crash
        publish(1);
        publish(2);
        publish(3);
        commit(TestVersions.event(1, CheckpointStatus.RETIRED));
        start(1);
        synchronized (topic) {
            brokerIsThere = true;
        }
        retention().committed();
        await().untilAsserted(() -> assertThat(folders()).isEqualTo(names(2, 3)));
    }

    private static CheckpointEvent withFile(long version, ArtifactStore store) throws IOException {
        CheckpointFile file =
                store.write(
                        "tiny/run-1/v" + version,
                        "model.safetensors",
                        FileRole.ENCODER,
                        "safetensors",
                        out -> out.write(1));
        return CheckpointEvent.newBuilder(TestVersions.event(version, CheckpointStatus.CANDIDATE))
                .setFiles(List.of(file))
                .build();
    }

    @Test
    void filesInAStoreOfBeforeAreTold(@TempDir Path elsewhere) throws IOException {
        start(1);
        ArtifactStore now = new ArtifactStore(artifacts.toUri().toString());
        ArtifactStore before = new ArtifactStore(elsewhere.toUri().toString());
        commit(withFile(1, before), withFile(2, now));
        publish(3);
        publish(4);
        List<CheckpointEvent> due = awaitDue(2);
        assertThat(retention().foldersElsewhere(due.get(0)))
                .containsExactly("file:" + elsewhere.resolve("tiny/run-1/v1") + "/");
        assertThat(retention().foldersElsewhere(due.get(1))).isEmpty();
    }

    @Test
    void promotedVersionIsKept() throws IOException {
        start(1);
        commit(TestVersions.event(1, CheckpointStatus.CANDIDATE));
        commit(TestVersions.event(1, CheckpointStatus.PROMOTED));
        for (long version = 2; version <= 4; version++) {
            publish(version);
        }
        assertThat(awaitDue(1)).extracting(CheckpointEvent::getVersion).containsExactly(2L);
    }

    @Test
    void leftoversOfFailedAttemptsAreSweptAndWhatIsInTheMakingIsNot() throws IOException {
        start(1);
        write(new VersionFolder(1, 7));
        write(TestVersions.folder(2));
        publish(1);
        await().untilAsserted(() -> assertThat(folders()).isEqualTo(names(1, 2)));
    }

    @Test
    void asManyVersionsAsFlinkRetainsCheckpointsAreKept() throws IOException {
        start(3);
        for (long version = 1; version <= 4; version++) {
            publish(version);
        }
        assertThat(awaitDue(1)).extracting(CheckpointEvent::getVersion).containsExactly(1L);
    }

    @Test
    void brokerThatIsAwayForAWhileOnlyDelaysDeletion() throws IOException {
        start(1);
        brokerIsThere = false;
        publish(1);
        publish(2);
        publish(3);
        await().until(() -> sources.get() > 0);
        assertThat(retention().due(progress)).isEmpty();
        synchronized (topic) {
            brokerIsThere = true;
        }
        retention().committed();
        assertThat(awaitDue(1)).extracting(CheckpointEvent::getVersion).containsExactly(1L);
    }

    @Test
    void eventThatWasLostWithAFailureGoesOutAgain() throws IOException {
        start(1);
        publish(1);
        publish(2);
        publish(3);
        awaitDue(1);
        start(1); // and the progress is that of the last checkpoint, before the event
        retention().committed();
        List<CheckpointEvent> again = new ArrayList<>();
        RunProgress restored = RunProgress.fresh(List.of(0));
        await().until(() -> again.addAll(retention().due(restored)));
        assertThat(again).extracting(CheckpointEvent::getVersion).containsExactly(1L);
    }
}
