package io.kiln.masking.job;

import static io.kiln.masking.job.MaskingTopics.VIEWS;
import static io.kiln.masking.job.MaskingTopics.fullBatches;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.ImageRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that go on from a savepoint with other settings, on a mini cluster. */
@Timeout(180)
@ExtendWith(SharedServers.class)
class ChangedMaskingIT {
    private static final int IMAGES = 150;
    private static final int SHUFFLED = 10;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir static Path directory;

    private static MaskingTopics topics;
    private static FlinkRuns flink;

    @BeforeAll
    static void start(LocalBroker broker, LocalRegistry registry) throws Exception {
        topics = new MaskingTopics(broker, registry);
        flink = FlinkRuns.start(directory.resolve("savepoints"));
    }

    @AfterAll
    static void stop() throws Exception {
        flink.close();
    }

    /** A buffer that holds images refuses to become another one; a drained one is empty. */
    @Test
    void aDrainedJobGoesOnFromItsSavepointWithAnotherShuffleBuffer() throws Exception {
        topics.create("images-resized", ImageRecord.getClassSchema(), "resized");
        topics.send("images-resized", 0, IMAGES / 2);
        JobID before = flink.submit(resized(SHUFFLED));
        int full = fullBatches(IMAGES / 2, SHUFFLED);
        await().atMost(TIMEOUT).until(() -> topics.batches("resized").size() == full);
        String drained = flink.drain(before);
        assertThat(topics.views("resized")).hasSize(IMAGES / 2 * VIEWS);

        int once = topics.batches("resized").size();
        JobID after = flink.submit(resized(SHUFFLED / 2), drained);
        int some = IMAGES * 5 / 6;
        topics.send("images-resized", IMAGES / 2, some);
        flink.killTaskManager(
                () -> topics.batches("resized").size(),
                once + 1,
                () -> topics.send("images-resized", some, IMAGES));
        flink.drain(
                after,
                () -> topics.batches("resized").size(),
                once + fullBatches(IMAGES / 2, SHUFFLED / 2));
        assertThat(topics.views("resized")).hasSize(IMAGES * VIEWS).doesNotHaveDuplicates();
    }

    private static KilnConfig resized(int shuffleBuffer) {
        return config(
                "resized",
                "topics.images=images-resized",
                "masking.shuffleBuffer=" + shuffleBuffer);
    }

    @Test
    void aJobGoesOnFromItsSavepointWithoutDroppingDuplicates() throws Exception {
        int different = 30;
        int repeated = 6;
        topics.create("images-kept", null, "kept");
        topics.sendRaw("images-kept", 0, different + repeated, different);
        JobID dropping = flink.submit(duplicates("drop-exact"));
        await().atMost(TIMEOUT).until(() -> topics.deadLetters("kept").size() == repeated);
        String savepoint = flink.stopWithSavepoint(dropping);

        JobID keeping = flink.submit(duplicates("keep"), savepoint);
        topics.sendRaw("images-kept", 0, different, different);
        flink.drain(keeping, () -> topics.batches("kept").size(), fullBatches(2 * different, 0));
        assertThat(topics.views("kept")).hasSize(2 * different * VIEWS);
        assertThat(topics.deadLetters("kept")).hasSize(repeated);
    }

    private static KilnConfig duplicates(String duplicates) {
        return config(
                "kept",
                "topics.images=images-kept",
                "topics.imageFormat=raw",
                "masking.duplicates=" + duplicates);
    }

    @Test
    void aStateOfAnotherTopicEndsTheJobForGoodWithTheWaysOn() throws Exception {
        topics.create("images-before", ImageRecord.getClassSchema(), "renamed");
        topics.create("images-after", ImageRecord.getClassSchema(), "other");
        topics.send("images-before", 0, IMAGES);
        topics.send("images-after", 0, IMAGES);
        JobID before = flink.submit(config("renamed", "topics.images=images-before"));
        await().atMost(TIMEOUT)
                .until(() -> topics.batches("renamed").size() == fullBatches(IMAGES, 0));
        String savepoint = flink.stopWithSavepoint(before);
        JobID after = flink.submit(config("renamed", "topics.images=images-after"), savepoint);
        await().atMost(TIMEOUT).until(() -> flink.hasEnded(after));
        assertThat(flink.endOf(after))
                .contains(
                        "topic images-after is not the one that this job's state was made with",
                        "If the configuration is wrong, set it back",
                        "with another topics.sparseBatches")
                .doesNotContain("training.runId");
        assertThat(topics.batches("renamed")).hasSize(fullBatches(IMAGES, 0));
    }

    private static KilnConfig config(String name, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("flink.maskingParallelism=2");
        return topics.config(name, directory, overrides);
    }
}
