package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.ImageDecoder;
import io.kiln.images.TestImages;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.PathSource;
import io.kiln.ingest.Rounds;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Several rounds of the same images: the audit objects to none, and a bad one dies once. */
@Timeout(240)
@ExtendWith(SharedServers.class)
class RepeatIT {
    private static final int FILES = 10;
    private static final int ROUNDS = 3;

    @TempDir private Path folder;

    @Test
    void roundsAreTrainedOnAndWhatIsRefusedIsOneDeadLetter(
            LocalBroker broker, LocalRegistry registry) throws Exception {
        KilnConfig config = SmallRun.config(broker, registry, folder, "repeated");
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 1)) {
            KilnTopics.create(config);
            assertThat(send(config)).isEqualTo(1 + ROUNDS * FILES);
            JobID masking = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            await().atMost(Duration.ofSeconds(120)).until(() -> audit(config).imagesPending() == 0);
            flink.drain(masking).get(60, TimeUnit.SECONDS);
            AuditReport report = audit(config);
            assertThat(report.findings()).isEmpty();
            assertThat(report.imageViews()).isEqualTo((long) ROUNDS * FILES);
            assertThat(report.deadLetters()).isEqualTo(1);
        }
    }

    private long send(KilnConfig config) throws Exception {
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, FILES);
        Files.write(pictures.resolve("broken.png"), Arrays.copyOf(TestImages.png(1), 40));
        MaskingPlan plan = MaskingPlan.of(config);
        try (ImageProducer producer = ImageProducer.open(config);
                ImageDecoder decoder =
                        new ImageDecoder(
                                MaskingPlan.limits(config),
                                plan.input().channels(),
                                plan.scale())) {
            Rounds rounds =
                    new Rounds(
                            List.of(PathSource.of(pictures)),
                            new Rounds.Plan(ROUNDS, 1, false),
                            decoder,
                            1 << 20,
                            folder);
            return new Ingest(producer, IngestOptions.of(config.ingest()))
                    .run(List.of(rounds), new NoListener())
                    .sent();
        }
    }

    private static AuditReport audit(KilnConfig config) {
        return Audit.of(config, new Audit.Options(false, false));
    }
}
