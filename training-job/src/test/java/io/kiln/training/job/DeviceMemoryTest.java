package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceMemoryTest {
    @TempDir private Path folder;

    @Test
    void aProcessorHasNone() {
        assertThat(DeviceMemory.of("cpu")).isEmpty();
    }

    @Test
    void nothingIsToldWhereNothingAnswers() throws Exception {
        assertThat(DeviceMemory.of(folder.resolve("none").toString(), "gpu")).isEmpty();
        assertThat(DeviceMemory.of(program("echo '[N/A], [N/A]'"), "gpu")).isEmpty();
        assertThat(DeviceMemory.of(program("echo No devices were found; exit 6"), "gpu")).isEmpty();
    }

    /** A program that answers in the format of nvidia-smi's --format=csv,noheader,nounits. */
    @Test
    void theAnswerIsInMebibytes() throws Exception {
        String program = program("[ \"$3\" = --id=1 ] && echo '4321, 81559'");
        DeviceMemory memory = DeviceMemory.of(program, "gpu:1").orElseThrow();
        assertThat(memory.usedBytes()).isEqualTo(4321L << 20);
        assertThat(memory.totalBytes()).isEqualTo(81559L << 20);
        assertThat(DeviceMemory.of(program, "gpu")).isEmpty();
    }

    @Test
    void devicesThatCudaHidesAreCounted() {
        assertThat(DeviceMemory.id(1, "")).isEqualTo("1");
        assertThat(DeviceMemory.id(1, "2, 5")).isEqualTo("5");
        assertThat(DeviceMemory.id(0, "GPU-8f1c")).isEqualTo("GPU-8f1c");
    }

    private String program(String line) throws Exception {
        Path script = Files.writeString(folder.resolve("smi"), "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script.toString();
    }
}
