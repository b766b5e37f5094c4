package io.kiln.masking.job;

import static io.kiln.masking.job.MaskingTopics.BATCH_SIZE;
import static io.kiln.masking.job.MaskingTopics.VIEWS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.ImageRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two masking jobs of one topic of batches, started in every order, with and without state: one of
 * them ends for good, and each view of each image is in one batch. {@code -Dkiln.two.rounds=20}
 * tries each order 20 times.
 */
@ExtendWith(SharedServers.class)
class TwoMaskingJobsIT {
    private static final int ROUNDS = Integer.getInteger("kiln.two.rounds", 1);
    private static final int IMAGES = 150;
    private static final int FULL_BATCHES = MaskingTopics.fullBatches(IMAGES, 0);
    private static final Duration TIMEOUT = Duration.ofSeconds(90);

    private enum Order {
        BOTH_AT_ONCE,
        SECOND_WHEN_THE_FIRST_HAS_JUST_STARTED,
        SECOND_WHEN_THERE_ARE_BATCHES,
        SECOND_FROM_THE_LAST_CHECKPOINT,
        SECOND_FROM_AN_OLDER_STATE,
        FIRST_FROM_A_STATE,
        BOTH_FROM_A_STATE;

        /** Whether the second one must be refused while the first one goes on undisturbed. */
        boolean isSecondRefused() {
            return this == SECOND_WHEN_THERE_ARE_BATCHES
                    || this == SECOND_FROM_AN_OLDER_STATE
                    || this == FIRST_FROM_A_STATE;
        }
    }

    private record Jobs(JobID first, JobID second) {}

    @TempDir static Path directory;

    private static MaskingTopics topics;
    private static FlinkRuns flink;

    @BeforeAll
    static void start(LocalBroker broker, LocalRegistry registry) throws Exception {
        topics = new MaskingTopics(broker, registry);
        flink = FlinkRuns.start(directory.resolve("savepoints"), 6);
    }

    @AfterAll
    static void stop() throws Exception {
        flink.close();
    }

    @ParameterizedTest
    @EnumSource(Order.class)
    void oneGoesOnAndNoImageIsDoubledOrLost(Order order) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            round(order, order.name().toLowerCase(Locale.ROOT) + "-" + round, 1 + round % 2);
        }
        System.out.printf("%s: %d rounds, 0 doubled, 0 lost%n", order, ROUNDS);
    }

    @Test
    void allImagesAreMaskedOnceMoreWhereTheUserSaysSo() throws Exception {
        KilnConfig config = config("again", 1);
        topics.create("images-again", ImageRecord.getClassSchema(), "again");
        topics.send("images-again", 0, IMAGES);
        flink.drain(flink.submit(config), () -> topics.batches("again").size(), FULL_BATCHES);
        int once = topics.batches("again").size();

        JobID refused = flink.submit(config);
        assertThat(flink.endOf(refused)).contains("holds batches already", "masking.again=true");
        JobID again = flink.submit(config("again", 1, "masking.again=true"));
        flink.drain(again, () -> topics.batches("again").size(), once + FULL_BATCHES);
        assertThat(topics.views("again")).hasSize(2 * IMAGES * VIEWS);
        assertThat(Set.copyOf(topics.views("again"))).hasSize(IMAGES * VIEWS);
    }

    private static void round(Order order, String name, int parallelism) throws Exception {
        KilnConfig config = config(name, parallelism);
        topics.create("images-" + name, ImageRecord.getClassSchema(), name);
        topics.send("images-" + name, 0, IMAGES / 2);
        Jobs jobs = start(order, config, name);
        if (order != Order.SECOND_FROM_AN_OLDER_STATE) {
            topics.send("images-" + name, IMAGES / 2, IMAGES);
        }
        await(name)
                .atMost(TIMEOUT)
                .until(() -> flink.hasEnded(jobs.first()) || flink.hasEnded(jobs.second()));
        JobID ended = flink.hasEnded(jobs.first()) ? jobs.first() : jobs.second();
        assertThat(flink.endOf(ended))
                .containsAnyOf("holds batches already", "another masking job that writes to");
        if (order.isSecondRefused()) {
            assertThat(ended).isEqualTo(jobs.second());
            assertThat(flink.endOf(ended)).contains("holds batches already");
            assertThat(flink.failures(jobs.first())).as("of the healthy one, " + name).isEmpty();
        }
        JobID survivor = ended.equals(jobs.first()) ? jobs.second() : jobs.first();
        flink.drain(survivor, () -> topics.batches(name).size(), FULL_BATCHES);
        assertThat(topics.views(name)).as(name).hasSize(IMAGES * VIEWS).doesNotHaveDuplicates();
    }

    private static Jobs start(Order order, KilnConfig config, String name) throws Exception {
        JobID first = flink.submit(config);
        return switch (order) {
            case BOTH_AT_ONCE -> new Jobs(first, flink.submit(config));
            case SECOND_WHEN_THE_FIRST_HAS_JUST_STARTED -> {
                await().atMost(TIMEOUT).until(() -> flink.isRunning(first));
                yield new Jobs(first, flink.submit(config));
            }
            case SECOND_WHEN_THERE_ARE_BATCHES -> {
                awaitBatches(name);
                yield new Jobs(first, flink.submit(config));
            }
            case SECOND_FROM_THE_LAST_CHECKPOINT -> {
                awaitBatches(name);
                yield new Jobs(first, flink.submit(config, lastCheckpoint(name)));
            }
            case SECOND_FROM_AN_OLDER_STATE -> {
                awaitBatches(name);
                String older = flink.savepoint(first);
                int before = topics.batches(name).size();
                topics.send("images-" + name, IMAGES / 2, IMAGES);
                await().atMost(TIMEOUT).until(() -> topics.batches(name).size() > before);
                yield new Jobs(first, flink.submit(config, older));
            }
            case FIRST_FROM_A_STATE -> {
                awaitBatches(name);
                JobID restored = flink.submit(config, flink.stopWithSavepoint(first));
                yield new Jobs(restored, flink.submit(config));
            }
            case BOTH_FROM_A_STATE -> {
                awaitBatches(name);
                String state = flink.stopWithSavepoint(first);
                yield new Jobs(flink.submit(config, state), flink.submit(config, state));
            }
        };
    }

    private static void awaitBatches(String name) {
        await().atMost(TIMEOUT).until(() -> topics.batches(name).size() >= BATCH_SIZE);
    }

    private static String lastCheckpoint(String name) {
        return await().atMost(TIMEOUT)
                .ignoreException(UncheckedIOException.class) // of a file that goes away meanwhile
                .until(() -> newestCheckpoint(name), Optional::isPresent)
                .orElseThrow();
    }

    private static Optional<String> newestCheckpoint(String name) throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("flink-" + name))) {
            return files.filter(file -> file.endsWith("_metadata"))
                    .max(Comparator.comparingLong(file -> file.toFile().lastModified()))
                    .map(file -> file.getParent().toUri().toString());
        }
    }

    private static KilnConfig config(String name, int parallelism, String... more) {
        List<String> overrides = new ArrayList<>(List.of(more));
        overrides.add("topics.images=images-" + name);
        overrides.add("flink.maskingParallelism=" + parallelism);
        return topics.config(name, directory, overrides);
    }
}
