package io.kiln.operations.report;

import io.kiln.config.KilnConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Collectors;

/** The report of runs of a deployment, as a page. */
public final class DeploymentReport {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private DeploymentReport() {}

    /**
     * The page.
     *
     * @param at when it was read
     * @param refreshSeconds after how long the page loads itself anew; 0 for never
     */
    public static String html(
            KilnConfig config, RunReading reading, Instant at, int refreshSeconds) {
        String names =
                reading.runs().stream()
                        .map(run -> run.name().toString())
                        .collect(Collectors.joining(", "));
        String summary =
                "Read from "
                        + config.kafka().bootstrapServers()
                        + " at "
                        + TIME.format(at)
                        + " UTC."
                        + (refreshSeconds > 0
                                ? " This page reloads itself every " + refreshSeconds + " s."
                                : "");
        try {
            return ReportPage.html(
                    new ReportPage.Frame(
                            "Kiln: " + names,
                            summary,
                            List.of(),
                            reading.notes(),
                            "Made by kiln report. Steps and events are those of committed records,"
                                    + " up to one Flink checkpoint old.",
                            refreshSeconds),
                    reading.runs(),
                    reading.deadLetters());
        } catch (IOException e) {
            throw new UncheckedIOException("a file of the report cannot be read", e);
        }
    }
}
