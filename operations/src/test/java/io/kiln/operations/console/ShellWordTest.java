package io.kiln.operations.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tmp/run-1",
                "/tmp/r n/t",
                "/tmp/it's",
                "/tmp/$HOME `id` \"a\"",
                "~/a*?[b]&;|<>(c)\\d#e!",
                ""
            })
    void aShellReadsTheTextAgain(String text) throws Exception {
        Process shell =
                new ProcessBuilder("sh", "-c", "printf %s " + ShellWord.of(text))
                        .redirectErrorStream(true)
                        .start();
        byte[] read = shell.getInputStream().readAllBytes();
        assertThat(new String(read, StandardCharsets.UTF_8)).isEqualTo(text);
    }

    @Test
    void anOrdinaryPathIsNotQuoted() {
        assertThat(ShellWord.of("/home/you/kiln-demo_1")).isEqualTo("/home/you/kiln-demo_1");
    }
}
