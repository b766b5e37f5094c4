package io.kiln.operations.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.report.RunHistory;
import io.kiln.operations.report.StepPoint;
import io.kiln.schemas.TestRecords;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What is written into the MLflow server of -Dkiln.mlflow, twice. {@code .ci/mlflow} starts one,
 * and has MLflow's own client read it.
 */
class MlflowRunsTest {
    private static final int STEPS = 700; // several batches of metrics
    private static final Instant BEGIN = Instant.parse("2026-01-02T03:00:00.250Z");

    /** Step n has a loss of 1 / n and ends n seconds after the beginning. */
    private static RunHistory run() {
        List<StepPoint> steps = new ArrayList<>();
        for (int step = 1; step <= STEPS; step++) {
            steps.add(
                    new StepPoint(
                            BEGIN.plusSeconds(step).toEpochMilli(),
                            step,
                            32L * step,
                            32,
                            false,
                            1.0 / step,
                            0.02,
                            0.04,
                            step == 1 ? Double.NaN : 1,
                            0.2,
                            150,
                            0.1,
                            0,
                            step));
        }
        return new RunHistory(
                new RunName("tiny", "run"),
                steps,
                List.of(TestRecords.event("tiny", "run", 1, 100).build()),
                List.of(),
                Map.of(),
                Map.of(),
                ConfigKeys.of(KilnConfig.defaults()));
    }

    @Test
    void aRunIsWrittenInPlaceOfTheOneBefore() {
        String server = System.getProperty("kiln.mlflow", "");
        assumeTrue(!server.isEmpty(), "kiln.mlflow names no server");
        MlflowRuns runs = new MlflowRuns(URI.create(server), System.getenv());
        String first = runs.write(run());
        String second = runs.write(run());
        assertThat(second).startsWith(server + "/#/experiments/").isNotEqualTo(first);
    }

    @Test
    void aServerThatIsNotThereIsNamed() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        MlflowRuns runs = new MlflowRuns(URI.create("http://127.0.0.1:" + port + "/"), Map.of());
        assertThatThrownBy(() -> runs.write(run()))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("no MLflow server answers at http://127.0.0.1:" + port + "/")
                .hasMessageContaining("--mlflow");
    }
}
