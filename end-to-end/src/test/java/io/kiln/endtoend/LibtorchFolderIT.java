package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kiln.cli.Kiln;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kiln doctor} in a process of its own, where libtorch cannot be unpacked or loaded. */
@Timeout(300)
class LibtorchFolderIT {
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({
        "DJL_CACHE_DIR, 'ro', Read-only file system",
        "DJL_CACHE_DIR, 'size=1m', No space left on device",
        "ENGINE_CACHE_DIR, 'size=1m', No space left on device",
        "DJL_CACHE_DIR, 'noexec,size=2g', mounted noexec"
    })
    void diskThatCannotHoldItIsNamedWithItsVariable(String variable, String options, String reason)
            throws Exception {
        assumeTrue(SmallDisk.isAllowed(), "mounting needs Linux and the privilege");
        Path cache = Files.createDirectory(folder.resolve("cache"));
        SmallDisk disk = SmallDisk.over(cache, options);
        try {
            assertThat(output(Map.of(variable, cache)))
                    .contains(reason, "It is unpacked in " + cache, "set " + variable + " to");
        } finally {
            disk.close();
        }
    }

    @Test
    void fileInPlaceOfTheFolderIsNamedWithItsVariable() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(output(Map.of("DJL_CACHE_DIR", file)))
                .contains("It is unpacked in " + file, "set DJL_CACHE_DIR to");
    }

    @Test
    void folderOfOnesOwnLibrariesIsNamedIfLibtorchIsInIt() throws Exception {
        Path libraries = Files.createDirectory(folder.resolve("libraries"));
        Path file = Files.createFile(folder.resolve("file"));
        Map<String, Path> variables =
                Map.of("PYTORCH_LIBRARY_PATH", libraries, "DJL_CACHE_DIR", file);
        assertThat(output(variables))
                .contains("set DJL_CACHE_DIR to", "PYTORCH_LIBRARY_PATH is passed over");
        Files.writeString(libraries.resolve(System.mapLibraryName("torch")), "no library");
        assertThat(output(variables))
                .contains("PYTORCH_LIBRARY_PATH names the folder " + libraries)
                .doesNotContain("set DJL_CACHE_DIR to");
    }

    /** What the verb prints; it fails. */
    private String output(Map<String, Path> variables) throws IOException, InterruptedException {
        Path printed = folder.resolve("printed.txt");
        ProcessBuilder builder =
                new ProcessBuilder(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dai.djl.offline=true",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Kiln.class.getName(),
                                "doctor"));
        builder.environment().keySet().removeIf(name -> name.matches("(DJL|ENGINE)_CACHE_DIR"));
        builder.environment().keySet().removeIf(name -> name.startsWith("PYTORCH_"));
        variables.forEach((name, value) -> builder.environment().put(name, value.toString()));
        Process process =
                builder.redirectErrorStream(true).redirectOutput(printed.toFile()).start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        String text = Files.readString(printed);
        assertThat(process.exitValue()).as(text).isEqualTo(1);
        return text;
    }
}
