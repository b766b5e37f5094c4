package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** ProcessLog of child processes: warnings and errors, on their standard output. */
final class ProcessLog {
    private static final String SETTINGS =
            """
            status=error
            appender.console.type=Console
            appender.console.name=console
            appender.console.layout.type=PatternLayout
            appender.console.layout.pattern=%d{HH:mm:ss.SSS} %-5p %c{1} - %m%n
            rootLogger.level=WARN
            rootLogger.appenderRef.console.ref=console
            """;

    private ProcessLog() {}

    /** Writes the settings into a folder and returns the file as a URI. */
    static String file(Path directory) {
        Path file = directory.resolve("log4j2.properties");
        try {
            Files.writeString(file, SETTINGS);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
        return file.toUri().toString();
    }
}
