package io.kiln.operations.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterStateTest {
    private static final ClusterPorts PORTS = new ClusterPorts(9092, 8085, 8081);

    @TempDir private Path folder;

    @Test
    void noSupervisorDeletesTheStateOfAnother() throws Exception {
        ClusterState state = ClusterState.of(ProcessHandle.current(), PORTS, 2, false);
        state.write(folder);
        ClusterState.delete(folder, state.supervisor() + 1);
        assertThat(ClusterState.read(folder)).contains(state);
        ClusterState.delete(folder, state.supervisor());
        assertThat(ClusterState.read(folder)).isEmpty();
    }
}
