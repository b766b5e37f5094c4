package io.kiln.cli;

import io.kiln.operations.console.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A text table; each column is as wide as its widest cell. */
final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;

    Table(String... headings) {
        columns = headings.length;
        rows.add(printable(headings));
    }

    /**
     * @throws IllegalArgumentException unless there is one cell per heading
     */
    void add(String... cells) {
        if (cells.length != columns) {
            throw new IllegalArgumentException(
                    "a row of " + cells.length + " cells under " + columns + " headings");
        }
        rows.add(printable(cells));
    }

    private static List<String> printable(String... cells) {
        return Arrays.stream(cells).map(Printable::line).toList();
    }

    /** The table, one line per row, without trailing spaces. */
    @Override
    public String toString() {
        int[] widths =
                IntStream.range(0, columns)
                        .map(
                                c ->
                                        rows.stream()
                                                .mapToInt(row -> row.get(c).length())
                                                .max()
                                                .orElse(0))
                        .toArray();
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String cell = row.get(c);
                line.append(c == 0 ? "" : GAP)
                        .append(cell)
                        .append(" ".repeat(widths[c] - cell.length()));
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }
}
