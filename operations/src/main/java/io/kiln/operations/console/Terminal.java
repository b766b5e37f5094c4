package io.kiln.operations.console;

/** The terminal of the process. */
public final class Terminal {
    private Terminal() {}

    /** Whether input and output are a terminal. */
    @SuppressWarnings("SystemConsoleNull") // in Java 17, null means that there is no terminal
    public static boolean present() {
        return System.console() != null;
    }
}
