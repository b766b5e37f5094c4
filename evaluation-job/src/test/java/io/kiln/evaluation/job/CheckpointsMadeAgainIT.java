package io.kiln.evaluation.job;

import static io.kiln.evaluation.job.EvaluationRuns.PATIENCE;
import static io.kiln.evaluation.job.EvaluationRuns.announced;
import static io.kiln.evaluation.job.EvaluationRuns.evaluations;
import static io.kiln.evaluation.job.EvaluationRuns.hold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.TestServers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The topic of checkpoint events is deleted and made again under the job. */
@Timeout(300)
class CheckpointsMadeAgainIT {
    @TempDir static Path directory;

    @Test
    void endTheJobForGoodAndTheRunGoesOnWithoutStateAsTheMessageSays() throws Exception {
        EvaluationRuns runs = new EvaluationRuns(directory);
        KilnConfig config = runs.run("renewed");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 30);
            JobID job = runs.submit(config);
            announced(config, versions.next(1));
            makeAgain(config.topics().checkpoints());
            assertThat(
                            runs.cluster()
                                    .requestJobResult(job)
                                    .get(90, TimeUnit.SECONDS)
                                    .getSerializedThrowable())
                    .get()
                    .extracting(e -> e.getFullStringifiedStackTrace())
                    .asString()
                    .contains(
                            config.topics().checkpoints() + " is not the one",
                            "submit the job without --from; it goes on behind the newest evaluation")
                    .doesNotContain("training.runId");

            runs.submit(config);
            announced(config, versions.next(1));
            assertThat(evaluations(config))
                    .extracting(Evaluation::getVersion)
                    .containsExactly(1L, 2L);
        } finally {
            runs.close();
        }
    }

    private static void makeAgain(String topic) throws Exception {
        try (Admin admin = Admin.create(TestServers.kafka())) {
            admin.deleteTopics(List.of(topic)).all().get();
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(
                            () -> {
                                admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                                        .all()
                                        .get();
                                return true;
                            });
        }
    }
}
