package io.kiln.operations.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ClusterStateTest {
    private static final ObjectMapper JSON = new ObjectMapper();
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

    @Test
    @EnabledOnOs(OS.LINUX)
    void supervisorIsKnownByItsTicksWhereverTheClockWasSet() throws Exception {
        ObjectNode state = recorded();
        long ticks = state.get("supervisorTicks").asLong();
        state.put("supervisorStart", state.get("supervisorStart").asLong() - 1000);
        assertThat(read(state).process()).contains(ProcessHandle.current());
        state.put("supervisorTicks", ticks - 1);
        assertThat(read(state).process()).isEmpty();
    }

    @Test
    void recordsOfAnEarlierKilnHaveNoTicks() throws Exception {
        ObjectNode state = recorded();
        state.remove("supervisorTicks");
        assertThat(read(state).process()).contains(ProcessHandle.current());
        state.put("supervisorStart", state.get("supervisorStart").asLong() - 1000);
        assertThat(read(state).process()).isEmpty();
    }

    private ObjectNode recorded() throws Exception {
        ClusterState.of(ProcessHandle.current(), PORTS, 2, false).write(folder);
        return (ObjectNode) JSON.readTree(folder.resolve("cluster.json").toFile());
    }

    private ClusterState read(ObjectNode state) throws Exception {
        JSON.writeValue(folder.resolve("cluster.json").toFile(), state);
        return ClusterState.read(folder).orElseThrow();
    }
}
