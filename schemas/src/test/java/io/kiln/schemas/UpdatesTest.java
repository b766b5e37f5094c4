package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UpdatesTest {
    private static final Update UPDATE =
            new Update(
                    "run-1",
                    "tiny",
                    3L,
                    2,
                    12L,
                    96L,
                    List.of(new UpdateRange("batches", 2, 0L, 11L)),
                    "file:/updates/3/2",
                    1024L,
                    "0".repeat(64),
                    "submission");

    @Test
    void bytesGiveTheSameUpdate() throws Exception {
        assertThat(Updates.fromBytes(Updates.toBytes(UPDATE))).isEqualTo(UPDATE);
    }

    /** Nobody else has declared the records there, as in a task manager that restores a state. */
    @Test
    void bytesAreReadInAClassLoaderThatHasReadNoRecord() throws Exception {
        byte[] bytes = Updates.toBytes(UPDATE);
        try (URLClassLoader fresh =
                new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
            Object read =
                    fresh.loadClass(Updates.class.getName())
                            .getMethod("fromBytes", byte[].class)
                            .invoke(null, bytes);
            assertThat(read.getClass()).isNotEqualTo(Update.class);
            assertThat(read).hasToString(UPDATE.toString());
        }
    }

    private static URL[] classPath() throws Exception {
        List<String> entries =
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).toList();
        URL[] urls = new URL[entries.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = Path.of(entries.get(i)).toUri().toURL();
        }
        return urls;
    }
}
