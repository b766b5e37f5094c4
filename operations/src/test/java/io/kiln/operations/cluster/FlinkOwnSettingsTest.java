package io.kiln.operations.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.operations.OperationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlinkOwnSettingsTest {
    @TempDir private Path folder;

    @Test
    void noFileMeansNone() {
        assertThat(FlinkOwnSettings.of(folder)).isEmpty();
    }

    @Test
    void sectionsBecomeKeysWithDots() throws Exception {
        write(
                """
                s3:
                  endpoint: http://127.0.0.1:5000
                  path-style-access: true
                taskmanager.numberOfTaskSlots: 3
                nothing:
                """);
        assertThat(FlinkOwnSettings.of(folder))
                .isEqualTo(
                        Map.of(
                                "s3.endpoint", "http://127.0.0.1:5000",
                                "s3.path-style-access", "true",
                                "taskmanager.numberOfTaskSlots", "3"));
    }

    @Test
    void whatIsNoYamlIsNamedWithoutItsText() throws Exception {
        write("s3.secret-key: \"hidden\nx: [");
        assertThatThrownBy(() -> FlinkOwnSettings.of(folder))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("flink.yaml is not YAML")
                .hasMessageNotContaining("hidden");
    }

    private void write(String text) throws Exception {
        Files.writeString(folder.resolve("flink.yaml"), text);
    }
}
