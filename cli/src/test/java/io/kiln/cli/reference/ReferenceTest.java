package io.kiln.cli.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The pages in docs/reference are what the code says. {@code -Dkiln.reference.write=true} writes
 * them anew.
 */
class ReferenceTest {
    private static final Path FOLDER = Path.of("..", "docs", "reference");
    private static final boolean WRITE = Boolean.getBoolean("kiln.reference.write");

    /** The text of a page, made from the code. */
    private interface Page {
        String text() throws IOException;
    }

    private static final Map<String, Page> PAGES =
            Map.of(
                    "configuration.md", ConfigurationPage::text,
                    "exit-codes.md", ExitCodesPage::text,
                    "metrics.md", MetricsPage::text,
                    "topics.md", TopicsPage::text,
                    "verbs.md", VerbsPage::text);

    static Stream<String> names() {
        return PAGES.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("names")
    void pageIsWhatTheCodeSays(String name) throws IOException {
        String page = PAGES.get(name).text();
        if (WRITE) {
            Files.createDirectories(FOLDER);
            Files.writeString(FOLDER.resolve(name), page);
        }
        assertThat(FOLDER.resolve(name))
                .as("written anew by mvn -pl cli -am test -Dkiln.reference.write=true")
                .hasContent(page);
        assertThat(page.lines())
                .as("lines outside tables")
                .filteredOn(line -> !line.startsWith("|"))
                .allMatch(line -> line.length() <= 120);
    }
}
