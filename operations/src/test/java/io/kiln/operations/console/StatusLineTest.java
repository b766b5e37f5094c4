package io.kiln.operations.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.test.Writers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusLineTest {
    private final StringBuilder text = new StringBuilder();

    @Test
    void onATerminalTheLineChangesInPlaceAndIsClearedAtTheEnd() {
        StatusLine status = new StatusLine(Writers.to(text), true);
        status.show("one");
        status.show("two");
        status.end();
        assertThat(text.toString()).isEqualTo("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[K");
    }

    @Test
    void whatIsPrintedStaysAboveTheStatus() {
        StatusLine status = new StatusLine(Writers.to(text), true);
        status.show("status");
        status.print("stays");
        assertThat(text.toString())
                .isEqualTo(
                        "\r\u001b[Kstatus\r\u001b[Kstays"
                                + System.lineSeparator()
                                + "\r\u001b[Kstatus");
    }

    @Test
    void elsewhereThereAreNoControlCharactersAndNotEveryStatusIsALine() {
        StatusLine status = new StatusLine(Writers.to(text), false);
        for (int i = 0; i < 100; i++) {
            status.show("status " + i);
        }
        status.hint("only for who watches");
        status.print("stays");
        status.end();
        assertThat(text.toString().lines()).containsExactly("status 0", "stays");
    }

    @Test
    void aStatusThatIsTooLongForATerminalIsCut() {
        StatusLine status = new StatusLine(Writers.to(text), true);
        status.show("x".repeat(200));
        assertThat(text.toString()).hasSize("\r\u001b[K".length() + 79).endsWith("x…");
    }

    @Test
    void linesOfSeveralThreadsStayWhole() throws Exception {
        StatusLine status = new StatusLine(Writers.to(text), true);
        int lines = 200;
        List<Thread> threads = new ArrayList<>();
        for (String name : List.of("a", "b", "c", "d")) {
            Thread thread =
                    new Thread(
                            () -> {
                                for (int i = 0; i < lines; i++) {
                                    status.print(name.repeat(20));
                                    status.show(name + i);
                                }
                            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (String name : List.of("a", "b", "c", "d")) {
            assertThat(text.toString().lines())
                    .filteredOn(
                            line ->
                                    line.endsWith("\u001b[K" + name.repeat(20))
                                            || line.equals(name.repeat(20)))
                    .hasSize(lines);
        }
    }
}
