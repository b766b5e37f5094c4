package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.audit.Finding;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.LongStream;

/** What must hold after faults. */
final class Proof {
    private Proof() {}

    /** SHA-256 of every batch, byte for byte, in the order of the topic. */
    static Tail<String> batches(KilnConfig config) {
        return new Tail<>(
                config, config.topics().sparseBatches(), 1, record -> digest(record.value()));
    }

    private static String digest(byte[] value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Batches that full batches can be made of, of the images that are there. */
    static int expectedBatches(KilnConfig config) {
        int[] images = new int[config.topics().imagePartitions()];
        try (Tail<Integer> held =
                new Tail<>(
                        config,
                        config.topics().images(),
                        images.length,
                        record -> record.partition())) {
            held.all().forEach(partition -> images[partition]++);
        }
        int full = 0;
        for (int count : images) {
            full += count / config.masking().batchSize();
        }
        return full * config.masking().views();
    }

    /**
     * Same steps, same weights, each version once and in order, and nothing that an audit finds.
     */
    static void assertEqual(TrainedRun disturbed, TrainedRun undisturbed, KilnConfig config) {
        assertThat(disturbed.steps()).isEqualTo(undisturbed.steps());
        assertThat(disturbed.last().digests()).isEqualTo(undisturbed.last().digests());
        assertThat(disturbed.versions().stream().map(TrainedRun.Version::version))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, disturbed.versions().size()).boxed().toList());
        assertClean(config);
    }

    /** Nothing that an audit finds. */
    static void assertClean(KilnConfig config) {
        assertNothingFound(config, new Audit.Options(false, true));
    }

    /** Nor any image that is not masked. */
    static void assertComplete(KilnConfig config) {
        assertNothingFound(config, new Audit.Options(true, true));
    }

    private static void assertNothingFound(KilnConfig config, Audit.Options options) {
        AuditReport report = Audit.of(config, options);
        assertThat(report.findings()).extracting(Finding::toString).isEmpty();
    }
}
