package io.kiln.operations.cluster;

import io.kiln.local.Ports;
import io.kiln.operations.OperationException;
import io.kiln.operations.flink.FlinkRest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Which parts of a cluster answer. */
final class ClusterHealth {
    private ClusterHealth() {}

    /** What does not answer, in words; empty if everything does. */
    static List<String> missing(ClusterState state) {
        List<String> missing = new ArrayList<>();
        requireOpen("the broker", "kafka://" + state.bootstrapServers(), missing);
        requireOpen("the registry", state.registryUrl(), missing);
        try {
            int found =
                    new FlinkRest(state.flinkUrl())
                            .get("/overview", "report its task managers")
                            .path("taskmanagers")
                            .asInt();
            if (found < state.taskManagers()) {
                missing.add(
                        found + " of " + state.taskManagers() + " task managers are registered");
            }
        } catch (OperationException e) {
            missing.add("Flink's job manager does not answer at " + state.flinkUrl());
        }
        return missing;
    }

    private static void requireOpen(String name, String address, List<String> missing) {
        if (!Ports.isOpen(URI.create(address).getPort())) {
            missing.add(name + " does not answer at " + address);
        }
    }
}
