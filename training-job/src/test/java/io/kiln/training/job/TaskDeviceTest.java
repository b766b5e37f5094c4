package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.NonRecoverableJobException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.junit.jupiter.api.Test;

class TaskDeviceTest {
    @Test
    void subtasksTakeTheDevicesOfTheirTaskManagerInTurn() {
        Set<ExternalResourceInfo> devices = devices("3", "1");
        assertThat(List.of(device("gpu", devices, 0), device("gpu", devices, 1)))
                .containsExactly("gpu:1", "gpu:3");
        assertThat(device("gpu", devices, 2)).isEqualTo("gpu:1");
    }

    @Test
    void aDeviceThatTheConfigurationNamesIsKept() {
        Set<ExternalResourceInfo> devices = devices("3");
        assertThat(device("gpu:0", devices, 0)).isEqualTo("gpu:0");
        assertThat(device("cpu", devices, 0)).isEqualTo("cpu");
    }

    @Test
    void withoutFlinksResourceTheDeviceStays() {
        assertThat(device("gpu", Set.of(), 1)).isEqualTo("gpu");
    }

    @Test
    void aDeviceWithoutANumberIsRefused() {
        Set<ExternalResourceInfo> devices = devices("GPU-7c3f");
        assertThatThrownBy(() -> device("gpu", devices, 0))
                .isInstanceOf(NonRecoverableJobException.class)
                .cause()
                .hasMessageContaining("names a device \"GPU-7c3f\"; expected a number");
    }

    private static String device(String wanted, Set<ExternalResourceInfo> devices, int subtask) {
        KilnConfig config = KilnConfig.parse("", List.of("training.device=" + wanted));
        return TaskDevice.assigned(config, devices, subtask).training().device();
    }

    /** What Flink tells a task of its task manager's devices. */
    private static Set<ExternalResourceInfo> devices(String... indexes) {
        return Stream.of(indexes).map(Gpu::new).collect(Collectors.toUnmodifiableSet());
    }

    private record Gpu(String index) implements ExternalResourceInfo {
        @Override
        public Optional<String> getProperty(String key) {
            return key.equals("index") ? Optional.of(index) : Optional.empty();
        }

        @Override
        public Collection<String> getKeys() {
            return List.of("index");
        }
    }
}
