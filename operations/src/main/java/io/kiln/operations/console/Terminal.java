package io.kiln.operations.console;

/** Where the output goes. */
public final class Terminal {
    private Terminal() {}

    /** Whether input and output are a terminal, whose lines can be changed in place. */
    @SuppressWarnings("SystemConsoleNull") // Kiln runs on Java 17, where the absence says it
    public static boolean present() {
        return System.console() != null;
    }
}
