package io.kiln.operations.report;

import io.kiln.operations.deadletters.DeadLetterRecord;
import java.util.List;

/**
 * What was read for a report.
 *
 * @param runs in the order that was asked for
 * @param deadLetters the newest ones, newest first
 * @param notes what could not be read, and other remarks
 */
public record RunReading(
        List<RunHistory> runs, List<DeadLetterRecord> deadLetters, List<String> notes) {
    public RunReading {
        runs = List.copyOf(runs);
        deadLetters = List.copyOf(deadLetters);
        notes = List.copyOf(notes);
    }
}
