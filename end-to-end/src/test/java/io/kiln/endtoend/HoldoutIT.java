package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.evaluation.job.EvaluationJob;
import io.kiln.images.TestImages;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.PathSource;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.checkpoints.RunEvaluations;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.schemas.Evaluation;
import io.kiln.training.job.TrainingJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** All three jobs beside one another: some images are held out, and versions measured on them. */
@Timeout(240)
@ExtendWith(SharedServers.class)
class HoldoutIT {
    private static final int FILES = 60;

    @TempDir private Path folder;

    @Test
    void heldOutImagesAndTrainedOnesAreAllImagesAndTheLastVersionIsEvaluated(
            LocalBroker broker, LocalRegistry registry) throws Exception {
        KilnConfig config =
                SmallRun.config(
                        broker,
                        registry,
                        folder,
                        "held",
                        "evaluation.holdoutShare=0.3",
                        "evaluation.anchors=8",
                        "evaluation.recent=8");
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 3)) {
            KilnTopics.create(config);
            send(config);
            JobID masking = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            JobID training = flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
            flink.submit(EvaluationJob.NAME, env -> EvaluationJob.define(env, config));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> audit(config, false).imagesPending() == 0);
            flink.drain(masking).get(60, TimeUnit.SECONDS);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> audit(config, false).batchesPending() == 0);
            flink.drain(training).get(60, TimeUnit.SECONDS);

            AuditReport report = audit(config, true);
            assertThat(report.findings()).isEmpty();
            assertThat(report.heldOut()).isBetween(5L, FILES - 5L);
            assertThat(report.imageViews() + report.heldOut() + report.deadLetters())
                    .isEqualTo(FILES);

            RunVersions versions = new RunVersions(config);
            long last =
                    versions.all().stream().mapToLong(v -> v.event().getVersion()).max().orElse(0);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> RunEvaluations.of(config).of(last).isPresent());
            Evaluation best = RunEvaluations.of(config).best(versions.all());
            assertThat(best.getProblems()).isEmpty();
            assertThat(best.getAnchors().getImages()).isBetween(2, 8);
            assertThat(best.getAnchors().getEffectiveRank()).isGreaterThanOrEqualTo(1);
        }
    }

    private void send(KilnConfig config) throws Exception {
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, FILES);
        try (ImageProducer producer = ImageProducer.open(config)) {
            assertThat(
                            new Ingest(producer, IngestOptions.of(config.ingest()))
                                    .run(List.of(PathSource.of(pictures)), new NoListener())
                                    .sent())
                    .isEqualTo(FILES);
        }
    }

    private static AuditReport audit(KilnConfig config, boolean complete) {
        return Audit.of(config, new Audit.Options(complete, false));
    }
}
