package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.kafka.KilnJob;
import io.kiln.operations.flink.JobStop.Stopped;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class StopCommandTest {
    private static final Stopped STOPPED = new Stopped("1a2b", "file:/savepoint-1");

    @Test
    void saysHowToGoOnFromTheSavepoint() {
        ConfigOptions options = new ConfigOptions();
        new CommandLine(options)
                .parseArgs("--config", "my run.yaml", "--set", "training.threads=1");
        String given = options.given();
        assertThat(StopCommand.text(STOPPED, KilnJob.TRAINING, false, given).lines())
                .containsExactly(
                        "stopped job 1a2b",
                        "file:/savepoint-1",
                        "to go on from it: kiln submit training --config 'my run.yaml'"
                                + " --set training.threads=1 --from latest");
    }

    @Test
    void afterADrainOnlyTheMaskingJobGoesOn() {
        assertThat(StopCommand.text(STOPPED, KilnJob.TRAINING, true, "")).doesNotContain("submit");
        assertThat(StopCommand.text(STOPPED, KilnJob.MASKING, true, "")).contains("submit masking");
    }
}
