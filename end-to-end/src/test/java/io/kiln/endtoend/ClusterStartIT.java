package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kiln cluster start} that does not come to its end. */
class ClusterStartIT {
    private static final Duration AT_MOST = Duration.ofMinutes(2);

    @TempDir private Path folder;

    private Launcher kiln;
    private Path cluster;

    @BeforeEach
    void launcher() {
        kiln = new Launcher(folder);
        cluster = folder.resolve("cluster");
    }

    @Test
    void interruptedItLeavesNothing() throws Exception {
        Launcher.Running start = start();
        ProcessHandle supervisor = supervisor();
        Launcher.Result again = start().await(AT_MOST);
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.err()).contains("already starting");
        List<ProcessHandle> parts = supervisor.children().toList();
        assertThat(parts).isNotEmpty();
        start.process().destroy(); // its hooks run as after Ctrl-C
        assertThat(start.await(AT_MOST).exitCode()).isNotZero();
        assertThat(supervisor.isAlive()).isFalse();
        assertThat(parts).noneMatch(ProcessHandle::isAlive);
        assertThat(record()).doesNotExist();
    }

    @Test
    void statusTellsOfItAndStopEndsIt() throws Exception {
        Launcher.Running start = start();
        ProcessHandle supervisor = supervisor();
        assertThat(kiln.run("cluster", "status", "--dir", cluster.toString()).err())
                .contains("still starting");
        assertThat(kiln.ok("cluster", "stop", "--dir", cluster.toString())).contains("stopped");
        assertThat(supervisor.isAlive()).isFalse();
        assertThat(start.await(AT_MOST).err()).contains("did not start");
        assertThat(record()).doesNotExist();
    }

    private Launcher.Running start() throws Exception {
        return kiln.start(
                "cluster",
                "start",
                "--dir",
                cluster.toString(),
                "--broker-port",
                "0",
                "--registry-port",
                "0",
                "--flink-port",
                "0");
    }

    private Path record() {
        return cluster.resolve("cluster.json");
    }

    private ProcessHandle supervisor() {
        return FlinkJobs.await(
                "the start to be recorded",
                () ->
                        Files.exists(record())
                                ? ProcessHandle.of(
                                        new ObjectMapper()
                                                .readTree(record().toFile())
                                                .path("supervisor")
                                                .asLong())
                                : Optional.empty());
    }
}
