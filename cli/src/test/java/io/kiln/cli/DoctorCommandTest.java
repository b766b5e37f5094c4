package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.operations.console.Json;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    @Test
    void theEngineIsAskedForScripts() throws Exception {
        Cli run = Cli.run("doctor", "--json");
        assertThat(run.exitCode()).isZero();
        JsonNode checks = Json.MAPPER.readTree(run.out());
        assertThat(checks.findValuesAsText("name"))
                .contains("engine", "flavor", "training.device", "threads", "allocator");
        assertThat(checks.get(0).path("found").asText()).startsWith("libtorch 2.");
        assertThat(checks.get(1).path("found").asText()).startsWith("cpu");
    }
}
