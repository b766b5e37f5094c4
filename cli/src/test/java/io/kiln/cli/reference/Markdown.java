package io.kiln.cli.reference;

import java.util.List;
import java.util.stream.Collectors;

/** Builds the text of a page; paragraphs are wrapped, tables are not. */
final class Markdown {
    private static final int COLUMNS = 120;
    private static final String NOTE =
            """
            <!--
            Generated from the code by ReferenceTest; do not edit. To generate it again:
            mvn -pl cli -am test -Dtest=ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false \\
                -Dkiln.reference.write=true
            -->""";

    private final StringBuilder text = new StringBuilder();

    /** Starts a page with its title and a note on how it is generated. */
    Markdown(String title) {
        text.append("# ").append(title).append("\n\n");
        text.append(NOTE).append("\n\n");
    }

    Markdown heading(int level, String heading) {
        text.append("#".repeat(level)).append(' ').append(heading).append("\n\n");
        return this;
    }

    /** Appends a paragraph; an empty text appends nothing. */
    Markdown paragraph(String paragraph) {
        if (!paragraph.isBlank()) {
            text.append(wrap(paragraph)).append("\n\n");
        }
        return this;
    }

    Markdown code(String language, String code) {
        text.append("```").append(language).append('\n').append(code.stripTrailing());
        text.append("\n```\n\n");
        return this;
    }

    /** Appends a table; one without rows appends nothing. */
    Markdown table(List<String> headings, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return this;
        }
        row(headings);
        text.append("|---".repeat(headings.size())).append("|\n");
        rows.forEach(this::row);
        text.append('\n');
        return this;
    }

    private void row(List<String> cells) {
        text.append(
                cells.stream()
                        .map(cell -> cell.replace("|", "\\|").strip())
                        .collect(Collectors.joining(" | ", "| ", " |\n")));
    }

    String text() {
        return text.toString().stripTrailing() + "\n";
    }

    /** Text as code; empty text stays empty. */
    static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }

    private static String wrap(String paragraph) {
        StringBuilder wrapped = new StringBuilder();
        int length = 0;
        for (String word : paragraph.strip().split("\\s+")) {
            if (length > 0 && length + 1 + word.length() > COLUMNS) {
                wrapped.append('\n');
                length = 0;
            } else if (length > 0) {
                wrapped.append(' ');
                length++;
            }
            wrapped.append(word);
            length += word.length();
        }
        return wrapped.toString();
    }
}
