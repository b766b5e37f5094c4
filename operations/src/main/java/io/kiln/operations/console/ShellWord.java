package io.kiln.operations.console;

import java.util.regex.Pattern;

/** Text as one word of a command line that can be pasted into a shell. */
public final class ShellWord {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private ShellWord() {}

    /** The text itself, or in single quotes if a shell would change or split it. */
    public static String of(String text) {
        return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
