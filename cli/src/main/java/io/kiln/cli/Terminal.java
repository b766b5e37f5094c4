package io.kiln.cli;

/** Where the output goes. */
final class Terminal {
    private Terminal() {}

    /** Whether input and output are a terminal, whose lines can be changed in place. */
    @SuppressWarnings("SystemConsoleNull") // Kiln runs on Java 17, where the absence says it
    static boolean present() {
        return System.console() != null;
    }
}
