package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A handle in the space of version 1, whose later versions are withdrawn; on a real broker. */
@Timeout(300)
class HandleInSpaceIT {
    private final String topic = TestServers.unique("checkpoints");

    @TempDir Path folder;

    @BeforeEach
    void createTopic() throws Exception {
        TestEncoders.createTopic(topic);
    }

    private CheckpointEvent announce(long version) throws Exception {
        CheckpointEvent event = TestEncoders.write(folder, "tiny", version);
        TestEncoders.send(topic, event);
        return event;
    }

    /** With an adapter to the version before. */
    private CheckpointEvent promote(long version) throws Exception {
        CheckpointEvent event = announce(version);
        TestEncoders.send(topic, TestAdapters.promoted(folder, event, version - 1, "ADAPT"));
        return event;
    }

    private void decide(CheckpointEvent event, CheckpointStatus status) throws Exception {
        TestEncoders.send(topic, CheckpointEvents.withStatus(event, status, Instant.EPOCH));
    }

    private EncoderHandle follow(String cache) throws InterruptedException {
        return EncoderHandle.follow(
                        TestServers.kafka(),
                        TestServers.registry(),
                        topic,
                        "tiny",
                        folder.resolve(cache),
                        EncoderHandle.Options.DEFAULT.in(new Space("tiny", "run-1", 1)))
                .await(Duration.ofMinutes(1));
    }

    private static long serving(EncoderHandle.Status status) {
        return status.serving().map(CheckpointEvent::getVersion).orElse(0L);
    }

    @Test
    void adviceGoesWithTheVersionThatGaveIt() throws Exception {
        decide(announce(1), CheckpointStatus.PROMOTED);
        promote(2);
        try (EncoderHandle handle = follow("cache")) {
            TestEncoders.waitFor(handle, status -> serving(status) == 2);
            CheckpointEvent third = announce(3);
            decide(third, CheckpointStatus.PROMOTED);
            TestEncoders.waitFor(handle, status -> status.problem().isPresent());
            assertThat(handle.status().advice()).contains(Advice.RE_EMBED);
            decide(third, CheckpointStatus.REVOKED);
            TestEncoders.waitFor(handle, status -> status.problem().isEmpty());
            assertThat(handle.status().advice()).contains(Advice.ADAPT);
            assertThat(serving(handle.status())).isEqualTo(2);
        }
    }

    @Test
    void adapterThatWentWithItsVersionLeavesTheIndexToItsOwnVersion() throws Exception {
        decide(announce(1), CheckpointStatus.PROMOTED);
        CheckpointEvent second = promote(2);
        promote(3);
        try (EncoderHandle before = follow("cache")) {
            TestEncoders.waitFor(before, status -> serving(status) == 3);
            decide(second, CheckpointStatus.RETIRED);
            Files.delete(folder.resolve("adapter-2.safetensors"));
            promote(4);
            TestEncoders.waitFor(
                    before, status -> serving(status) == 4); // it has fetched the adapter
        }
        try (EncoderHandle after = follow("another")) {
            TestEncoders.waitFor(after, status -> status.problem().isPresent());
            assertThat(serving(after.status())).isEqualTo(1);
            assertThat(after.status().advice()).contains(Advice.RE_EMBED);
            assertThat(after.status().problem().orElseThrow())
                    .contains("v2 is revoked or retired, and its adapter is not there");
        }
    }
}
