package io.kiln.evaluation.job;

import static io.kiln.evaluation.job.EvaluationRuns.PATIENCE;
import static io.kiln.evaluation.job.EvaluationRuns.announced;
import static io.kiln.evaluation.job.EvaluationRuns.evaluations;
import static io.kiln.evaluation.job.EvaluationRuns.events;
import static io.kiln.evaluation.job.EvaluationRuns.hold;
import static io.kiln.evaluation.job.EvaluationRuns.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Evaluation;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two evaluation jobs of one run, each on a cluster of its own. */
@Timeout(300)
class TwoEvaluationJobsIT {
    @TempDir static Path directory;

    private EvaluationRuns runs;
    private EvaluationRuns others;

    @BeforeEach
    void start() throws Exception {
        runs = new EvaluationRuns(directory);
        others = new EvaluationRuns(directory);
    }

    @AfterEach
    void stop() throws Exception {
        runs.close();
        others.close();
    }

    @Test
    void theOlderOneEndsAndEachVersionHasOneEvaluation() throws Exception {
        KilnConfig config = runs.run("two", "evaluation.promote=when-not-worse");
        try (TrainedVersions versions = new TrainedVersions(config)) {
            hold(config, 0, 40);
            JobID older = runs.submit(config);
            announced(config, versions.next(1));
            JobID newer = others.submit(config); // without state
            send(config.topics().checkpoints(), List.of(versions.next(1)));
            assertThat(runs.cluster().requestJobResult(older).get().getSerializedThrowable())
                    .get()
                    .extracting(e -> e.getFullStringifiedStackTrace())
                    .asString()
                    .contains("another evaluation job of run " + config.training().runId());
            await().atMost(PATIENCE).until(() -> evaluations(config).size() >= 2);
            announced(config, versions.next(1));
            assertThat(evaluations(config))
                    .extracting(Evaluation::getVersion)
                    .containsExactly(1L, 2L, 3L);
            assertThat(events(config))
                    .extracting(CheckpointEvent::getStatus)
                    .doesNotContain(CheckpointStatus.REVOKED);
            assertThat(others.cluster().getJobStatus(newer).get().isTerminalState()).isFalse();
        }
    }
}
