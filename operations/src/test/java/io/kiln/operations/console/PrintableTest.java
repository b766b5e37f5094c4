package io.kiln.operations.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintableTest {
    @ParameterizedTest
    @CsvSource({
        "'bücher 图像 🐦 a\\b', 'bücher 图像 🐦 a\\b'",
        "'\u001b[2Jgone', '\\u001b[2Jgone'",
        "'\u009b31mred', '\\u009b31mred'",
        "'a\rb', 'a\\u000db'",
        "'gnp.\u202eexe', 'gnp.\\u202eexe'",
        "'a\u2028b\u200b\ufeff', 'a\\u2028b\\u200b\\ufeff'",
    })
    void whatSteersATerminalIsWrittenOut(String text, String printed) {
        assertThat(Printable.line(text)).isEqualTo(printed);
        assertThat(Printable.lines(text)).isEqualTo(printed);
    }

    @Test
    void endsOfLinesStayOnlyWhereSeveralLinesAreMeant() {
        assertThat(Printable.line("a\n\tb")).isEqualTo("a\\u000a\\u0009b");
        assertThat(Printable.lines("a\n\tb")).isEqualTo("a\n\tb");
    }

    @Test
    void aStatusCannotSteerTheTerminal() {
        StringWriter out = new StringWriter();
        StatusLine status = new StatusLine(new PrintWriter(out), true);
        status.show("\u001b]0;title\u0007 a");
        status.print("\u001b[31m b");
        assertThat(out.toString())
                .contains("\\u001b]0;title\\u0007 a", "\\u001b[31m b")
                .doesNotContain("\u001b]0", "\u001b[31m");
    }
}
