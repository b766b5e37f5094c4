package io.kiln.masking.job;

import static io.kiln.masking.job.MaskingTopics.BATCH_SIZE;
import static io.kiln.masking.job.MaskingTopics.PARTITIONS;
import static io.kiln.masking.job.MaskingTopics.VIEWS;
import static io.kiln.masking.job.MaskingTopics.ascii;
import static io.kiln.masking.job.MaskingTopics.fullBatches;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.ImageRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import org.apache.avro.Schema;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole job on a mini cluster, with a real broker and a real registry, shared by all tests. */
@Timeout(180)
@ExtendWith(SharedServers.class)
class MaskingJobIT {
    private static final Schema RECORDS = ImageRecord.getClassSchema();
    private static final int IMAGES = 150;
    private static final int SHUFFLED = 10;
    private static final int REPEATED = 30;

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

    @Test
    void killedJobMakesTheSameBatchesAndLosesNothing() throws Exception {
        topics.create("images", RECORDS, "undisturbed");
        topics.create("images", RECORDS, "killed");
        topics.send("images", 0, IMAGES / 2);
        List<byte[]> bad = topics.sendBad("images");
        JobID killed = flink.submit(config("killed", 2));
        flink.killTaskManager(batches("killed"), () -> topics.send("images", IMAGES / 2, IMAGES));
        flink.drain(killed, batches("killed"), fullBatches(IMAGES, 0));
        JobID undisturbed = flink.submit(config("undisturbed", 1));
        flink.drain(undisturbed, batches("undisturbed"), fullBatches(IMAGES, 0));

        assertSameBatches("killed", "undisturbed");
        assertThat(topics.views("killed"))
                .hasSize(IMAGES * VIEWS)
                .doesNotHaveDuplicates()
                .hasSameElementsAs(topics.views("undisturbed"));
        assertDeadLetters("killed", bad);
        assertDeadLetters("undisturbed", bad);
    }

    @Test
    void rawImagesAreShuffledAndTheirDuplicatesDroppedTheSameWayWhereverTheJobIsKilled()
            throws Exception {
        String[] settings = {
            "topics.images=raw",
            "topics.imageFormat=raw",
            "masking.duplicates=drop-exact",
            "masking.shuffleBuffer=" + SHUFFLED
        };
        topics.create("raw", null, "raw-undisturbed");
        topics.create("raw", null, "raw-killed");
        topics.sendRaw("raw", 0, IMAGES / 2, IMAGES);
        JobID killed = flink.submit(config("raw-killed", 2, settings));
        flink.killTaskManager(
                batches("raw-killed"),
                () -> topics.sendRaw("raw", IMAGES / 2, IMAGES + REPEATED, IMAGES));
        flink.drain(killed, batches("raw-killed"), fullBatches(IMAGES, SHUFFLED));
        JobID undisturbed = flink.submit(config("raw-undisturbed", 1, settings));
        flink.drain(undisturbed, batches("raw-undisturbed"), fullBatches(IMAGES, SHUFFLED));

        assertSameBatches("raw-killed", "raw-undisturbed");
        assertThat(topics.views("raw-killed")).hasSize(IMAGES * VIEWS).doesNotHaveDuplicates();
        assertThat(topics.deadLetters("raw-killed"))
                .hasSize(REPEATED)
                .allMatch(letter -> header(letter, DeadLetterHeaders.REASON).equals("DUPLICATE"))
                .allMatch(letter -> letter.value() == null);
        List<Long> offsets =
                topics.batches("raw-killed").stream()
                        .flatMap(batch -> batch.getImages().stream())
                        .filter(image -> image.getPartition() == 0 && image.getView() == 0)
                        .map(ImageOrigin::getOffset)
                        .toList();
        assertThat(offsets).isNotEqualTo(offsets.stream().sorted().toList());
    }

    /**
     * Of the 50 images of a partition, the first has no old one to go along, the second one, the
     * others two: 147 in all, of which 10 wait in the shuffle buffer.
     */
    @ParameterizedTest
    @ValueSource(strings = {"reservoir", "diverse"})
    void oldImagesAreReplayedTheSameWayWhereverTheJobIsKilled(String policy) throws Exception {
        String images = "replay-" + policy;
        String[] settings = {
            "topics.images=" + images,
            "masking.shuffleBuffer=" + SHUFFLED,
            "masking.replay.size=16",
            "masking.replay.perImage=2",
            "masking.replay.policy=" + policy
        };
        String killed = policy + "-killed";
        String undisturbed = policy + "-undisturbed";
        int full = PARTITIONS * ((147 - SHUFFLED) / BATCH_SIZE) * VIEWS;
        topics.create(images, RECORDS, killed);
        topics.create(images, RECORDS, undisturbed);
        topics.send(images, 0, IMAGES / 2);
        JobID first = flink.submit(config(killed, 2, settings));
        flink.killTaskManager(batches(killed), () -> topics.send(images, IMAGES / 2, IMAGES));
        flink.drain(first, batches(killed), full);
        JobID second = flink.submit(config(undisturbed, 1, settings));
        flink.drain(second, batches(undisturbed), full);

        assertThat(topics.batches(killed)).hasSameElementsAs(topics.batches(undisturbed));
        assertSameBatches(killed, undisturbed);
        assertThat(topics.views(killed)).hasSize(PARTITIONS * 147 * VIEWS).doesNotHaveDuplicates();
        List<ImageOrigin> origins =
                topics.batches(killed).stream().flatMap(b -> b.getImages().stream()).toList();
        assertThat(origins).allMatch(o -> o.getReplayed() == (o.getView() >= VIEWS));
        assertThat(origins.stream().filter(o -> !o.getReplayed())).hasSize(IMAGES * VIEWS);
    }

    /** Of 150 ids, 27 have a hash below 0.2; what is left of each partition fills 28 batches. */
    @Test
    void heldOutImagesAreInTheirTopicOnceAndInNoBatchWhereverTheJobIsKilled() throws Exception {
        String[] settings = {"topics.images=held", "evaluation.holdoutShare=0.2"};
        topics.create("held", RECORDS, "held-killed");
        topics.create("held", RECORDS, "held-undisturbed");
        topics.send("held", 0, IMAGES / 2);
        JobID killed = flink.submit(config("held-killed", 2, settings));
        flink.killTaskManager(
                batches("held-killed"), () -> topics.send("held", IMAGES / 2, IMAGES));
        flink.drain(killed, batches("held-killed"), 28);
        JobID undisturbed = flink.submit(config("held-undisturbed", 1, settings));
        flink.drain(undisturbed, batches("held-undisturbed"), 28);

        for (String run : List.of("held-killed", "held-undisturbed")) {
            List<String> held = heldOut(run).stream().map(ImageOrigin::getImageId).toList();
            assertThat(held).hasSize(27).doesNotHaveDuplicates();
            assertThat(topics.views(run))
                    .hasSize((IMAGES - 27) * VIEWS)
                    .doesNotHaveDuplicates()
                    .noneMatch(view -> held.contains(view.replaceAll(" view .*", "")));
        }
        assertThat(topics.heldOut("held-killed"))
                .hasSameElementsAs(topics.heldOut("held-undisturbed"));
    }

    private static List<ImageOrigin> heldOut(String name) {
        return topics.heldOut(name).stream().flatMap(one -> one.getImages().stream()).toList();
    }

    @Test
    void imagesDeletedBeforeTheyWereReadEndTheJobForGoodWithAnErrorThatNamesThem()
            throws Exception {
        topics.create("images-gap", RECORDS, "gap");
        topics.send("images-gap", 0, IMAGES / 2);
        JobID job = flink.submit(config("gap", 1, "topics.images=images-gap"));
        flink.killTaskManager(
                batches("gap"),
                () -> {
                    topics.send("images-gap", IMAGES / 2, IMAGES);
                    topics.deleteAll("images-gap", 0);
                });
        await().atMost(Duration.ofSeconds(60)).until(() -> flink.hasEnded(job));
        assertThat(flink.endOf(job))
                .contains(
                        "images-gap partition 0 holds no record, and its next one has offset 50",
                        "but this job continues at offset",
                        "to 49 were deleted before they were read",
                        "retention.ms of the topic",
                        "masking.again=true");
        assertThat(topics.views("gap")).hasSizeLessThanOrEqualTo(IMAGES / 2 * VIEWS);
    }

    private static IntSupplier batches(String name) {
        return () -> topics.batches(name).size();
    }

    private static KilnConfig config(String name, int parallelism, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("flink.maskingParallelism=" + parallelism);
        return topics.config(name, directory, overrides);
    }

    private static void assertSameBatches(String one, String other) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(topics.batchIds(one, partition))
                    .as("batches of partition %d", partition)
                    .containsExactlyElementsOf(topics.batchIds(other, partition));
        }
    }

    private static void assertDeadLetters(String name, List<byte[]> bad) {
        List<ConsumerRecord<byte[], byte[]>> letters = topics.deadLetters(name);
        assertThat(letters).hasSameSizeAs(bad);
        Set<String> reasons = new HashSet<>();
        for (ConsumerRecord<byte[], byte[]> letter : letters) {
            int partition = Integer.parseInt(header(letter, DeadLetterHeaders.PARTITION));
            assertThat(letter.key()).isEqualTo(ascii("bad" + partition));
            assertThat(letter.value()).isEqualTo(bad.get(partition));
            reasons.add(partition + " " + header(letter, DeadLetterHeaders.REASON));
        }
        assertThat(reasons)
                .containsExactlyInAnyOrder("0 NOT_AN_IMAGE", "1 TRUNCATED", "2 NOT_A_RECORD");
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
