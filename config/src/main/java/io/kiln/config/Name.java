package io.kiln.config;

/**
 * A name that becomes part of a path, an id or a key: that of a run, a model or a topic. It cannot
 * name another folder, as ".." would, or read as an option, as "-x" would.
 */
public final class Name {
    /** Longest name of a run or a model. */
    static final int LONGEST = 100;

    /** Longest name that Kafka allows a topic. */
    static final int LONGEST_TOPIC = 249;

    private Name() {}

    /** Whether a text is a name. */
    public static boolean isName(String text) {
        return isName(text, LONGEST);
    }

    /**
     * Checks a name.
     *
     * @param key that it is the value of
     * @return the name
     * @throws IllegalArgumentException if it is not a name
     */
    public static String require(String key, String text) {
        return require(key, text, LONGEST);
    }

    /** Checks a name that may have up to so many characters. */
    static String require(String key, String text, int longest) {
        if (!isName(text, longest)) {
            throw new IllegalArgumentException(
                    key
                            + ": \""
                            + text
                            + "\" is not allowed; expected 1 to "
                            + longest
                            + " of the letters a to z and A to Z, digits, '.', '_' and '-', beginning with a letter,"
                            + " a digit or '_'");
        }
        return text;
    }

    private static boolean isName(String text, int longest) {
        return text.length() <= longest && text.matches("[a-zA-Z0-9_][a-zA-Z0-9._-]*");
    }
}
