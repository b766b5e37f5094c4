package io.kiln.operations.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.OperationException;
import io.kiln.operations.report.HarmonicRun;
import io.kiln.operations.report.RunHistory;
import java.net.ServerSocket;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What is written into the MLflow server of -Dkiln.mlflow, twice. {@code .ci/mlflow} starts one,
 * and has MLflow's own client read it.
 */
class MlflowRunsTest {
    private static final int STEPS = 700; // several batches of metrics

    /** The gradient of the first step is not finite. */
    private static RunHistory run() {
        return HarmonicRun.of(
                STEPS,
                step -> HarmonicRun.step(step, false, step == 1 ? Double.NaN : 1),
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
