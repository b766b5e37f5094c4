package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.kiln.kafka.KilnJob;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Flink's start script makes this computation, and a task manager that fails it does not start. */
class TaskManagerMemoryTest {
    private static final Path ROOT = Path.of("..");
    private static final MemorySize LEAST_HEAP = MemorySize.ofMebiBytes(1024);

    private static JsonNode yaml(String file) throws IOException {
        return new YAMLMapper().readTree(ROOT.resolve(file).toFile());
    }

    private static void requireHeap(JsonNode properties, String process) {
        Configuration configuration = new Configuration();
        properties
                .fields()
                .forEachRemaining(
                        property ->
                                configuration.setString(
                                        property.getKey(), property.getValue().asText()));
        configuration.set(TaskManagerOptions.TOTAL_PROCESS_MEMORY, MemorySize.parse(process));
        configuration.set(TaskManagerOptions.CPU_CORES, 1.0);
        TaskExecutorProcessSpec memory =
                TaskExecutorProcessUtils.processSpecFromConfig(configuration);
        assertThat(memory.getTaskHeapSize()).isGreaterThanOrEqualTo(LEAST_HEAP);
    }

    @Test
    void theMemoryOfComposeAddsUp() throws IOException {
        String text =
                yaml("docker-compose.yml")
                        .at("/services/taskmanager/environment/FLINK_PROPERTIES")
                        .asText();
        JsonNode properties = new YAMLMapper().readTree(text);
        requireHeap(properties, properties.path("taskmanager.memory.process.size").asText());
    }

    @ParameterizedTest
    @EnumSource(KilnJob.class)
    void theMemoryOfAManifestAddsUp(KilnJob job) throws IOException {
        JsonNode spec = yaml("deploy/kubernetes/" + job.word() + ".yaml").path("spec");
        requireHeap(
                spec.path("flinkConfiguration"), spec.at("/taskManager/resource/memory").asText());
    }
}
