package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.config.ReplayConfig;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.audit.Finding;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Assertions about a run, after faults or without. */
final class RunAssertions {
    private RunAssertions() {}

    /** Follows the batches; the values are SHA-256 digests of the records. */
    static TopicFollower<String> batches(KilnConfig config) {
        return new TopicFollower<>(
                config,
                config.topics().sparseBatches(),
                config.topics().batchPartitions(),
                record -> digest(record.value()));
    }

    private static String digest(byte[] value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The number of full batches that the images in the topic give, with their replays. */
    static int expectedBatches(KilnConfig config) {
        int[] images = new int[config.topics().imagePartitions()];
        try (TopicFollower<Integer> held =
                new TopicFollower<>(
                        config,
                        config.topics().images(),
                        images.length,
                        record -> record.partition())) {
            held.all().forEach(partition -> images[partition]++);
        }
        int full = 0;
        for (int count : images) {
            full +=
                    (count + replays(count, config.masking().replay()))
                            / config.masking().batchSize();
        }
        return full * config.masking().views();
    }

    /** Each image has as many old ones along as configured, if there were as many. */
    private static int replays(int images, ReplayConfig replay) {
        return IntStream.range(0, images)
                .map(before -> Math.min(replay.perImage(), Math.min(before, replay.size())))
                .sum();
    }

    /**
     * Two runs have the same steps of each trainer and the same weights, each version once and in
     * order; the audit is clean. The versions of several trainers are all the same.
     */
    static void assertEqual(TrainedRun disturbed, TrainedRun undisturbed, KilnConfig config) {
        assertThat(disturbed.stepsByTrainer()).isEqualTo(undisturbed.stepsByTrainer());
        assertThat(disturbed.last().digests()).isEqualTo(undisturbed.last().digests());
        assertThat(disturbed.versions().stream().map(TrainedRun.Version::version))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, disturbed.versions().size()).boxed().toList());
        if (config.topics().trainers() > 1) {
            assertThat(disturbed.versions().stream().map(TrainedRun.Version::withoutCheckpoint))
                    .containsExactlyElementsOf(
                            undisturbed.versions().stream()
                                    .map(TrainedRun.Version::withoutCheckpoint)
                                    .toList());
        }
        assertClean(config);
    }

    /** The audit has no findings. */
    static void assertClean(KilnConfig config) {
        assertNothingFound(config, new Audit.Options(false, true));
    }

    /** The audit has no findings, and every image has been masked. */
    static void assertMasked(KilnConfig config) {
        assertClean(config);
        assertThat(Audit.of(config, new Audit.Options(false, false)).imagesPending()).isZero();
    }

    /** The audit has no findings, and every image has been masked and trained on. */
    static void assertComplete(KilnConfig config) {
        assertNothingFound(config, new Audit.Options(true, true));
    }

    private static void assertNothingFound(KilnConfig config, Audit.Options options) {
        AuditReport report = Audit.of(config, options);
        assertThat(report.findings()).extracting(Finding::toString).isEmpty();
    }
}
