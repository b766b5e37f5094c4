package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {
    @Test
    void frozenProcessesAndDataOfAKilledRunAreRemoved(@TempDir Path folder) throws Exception {
        Path run = folder.resolve("run");
        Path data = Files.createDirectories(run.resolve("kafka/data"));
        Files.writeString(data.resolve("log"), "records");
        Process frozen = sleepIn(data);
        Process other = sleepIn(folder);
        try {
            Signals.freeze(frozen.pid());
            Leftovers.remove(run);
            assertThat(frozen.isAlive()).isFalse();
            assertThat(other.isAlive()).isTrue();
            assertThat(run).doesNotExist();
            Leftovers.remove(run);
        } finally {
            frozen.destroyForcibly();
            other.destroyForcibly();
        }
    }

    private static Process sleepIn(Path folder) throws Exception {
        return new ProcessBuilder(List.of("sleep", "600")).directory(folder.toFile()).start();
    }
}
