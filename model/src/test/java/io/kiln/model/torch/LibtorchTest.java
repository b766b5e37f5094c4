package io.kiln.model.torch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibtorchTest {
    @Test
    void aFolderThatCannotBeWrittenIsNamedWithItsVariable() {
        Throwable full =
                new IllegalStateException(
                        "x",
                        new FileSystemException("/h/.djl.ai/a", null, "No space left on device"));
        assertThat(Libtorch.advice(full, Map.of(), "/h"))
                .contains(
                        "No space left on device", "unpacked in /h/.djl.ai", "set DJL_CACHE_DIR to")
                .doesNotContain("PYTORCH_LIBRARY_PATH", "noexec");
        Throwable readOnly = new EngineException("x", new AccessDeniedException("/c/a"));
        assertThat(Libtorch.advice(readOnly, Map.of("DJL_CACHE_DIR", "/c"), "/h"))
                .contains("AccessDeniedException: /c/a", "unpacked in /c,", "set DJL_CACHE_DIR to");
        assertThat(Libtorch.advice(readOnly, Map.of("ENGINE_CACHE_DIR", "/e"), "/h"))
                .contains("unpacked in /e,", "set ENGINE_CACHE_DIR to");
    }

    @Test
    void aFolderWithoutExecutionIsToldAsSuch() {
        Throwable noexec =
                new EngineException(
                        "x",
                        new UnsatisfiedLinkError(
                                "/h/.djl.ai/libc10.so: failed to map segment from shared object"));
        assertThat(Libtorch.advice(noexec, Map.of(), "/h"))
                .contains("mounted noexec", "set DJL_CACHE_DIR to");
    }

    @Test
    void librariesOfOnesOwnAreBlamedWhereTheyAreNamed(@TempDir Path folder) throws Exception {
        Throwable failure = new UnsatisfiedLinkError("no libtorch.so");
        Map<String, String> environment = Map.of("PYTORCH_LIBRARY_PATH", folder.toString());
        assertThat(Libtorch.advice(failure, environment, "/h"))
                .contains("unpacked in /h/.djl.ai", "PYTORCH_LIBRARY_PATH is passed over");
        Files.createFile(folder.resolve(System.mapLibraryName("torch")));
        assertThat(Libtorch.advice(failure, environment, "/h"))
                .contains("PYTORCH_LIBRARY_PATH names the folder " + folder, "PYTORCH_FLAVOR")
                .doesNotContain("DJL_CACHE_DIR");
    }
}
