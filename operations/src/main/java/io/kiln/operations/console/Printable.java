package io.kiln.operations.console;

import java.util.function.IntPredicate;

/**
 * Text that others wrote, such as names and headers, made fit for a terminal: what would move the
 * cursor, change colours, reorder or hide text is written as \\u001b and the like, which is also
 * how JSON writes it.
 */
public final class Printable {
    private Printable() {}

    /** One line. */
    public static String line(String text) {
        return escaped(text, c -> isPlain(c));
    }

    /** Several lines; their ends and tabs stay. */
    public static String lines(String text) {
        return escaped(text, c -> c == '\n' || c == '\t' || isPlain(c));
    }

    private static String escaped(String text, IntPredicate plain) {
        if (text.codePoints().allMatch(plain)) {
            return text;
        }
        StringBuilder escaped = new StringBuilder();
        text.codePoints()
                .forEach(
                        c -> {
                            if (plain.test(c)) {
                                escaped.appendCodePoint(c);
                            } else {
                                for (char unit : Character.toChars(c)) {
                                    escaped.append(String.format("\\u%04x", (int) unit));
                                }
                            }
                        });
        return escaped.toString();
    }

    private static boolean isPlain(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED ->
                    false;
            default -> true;
        };
    }
}
