package io.kiln.demo;

import io.kiln.operations.report.RunHistory;
import java.util.Locale;
import java.util.OptionalDouble;

/** The status of a run on one line. */
final class StatusWords {
    private StatusWords() {}

    /**
     * While images are sent and trained on.
     *
     * @param steps that the demo takes
     * @param seconds since the demo began
     */
    static String of(
            RunRecord.Counts now, RunHistory history, long sent, int steps, double seconds) {
        OptionalDouble loss = history.lastLoss();
        return String.format(
                Locale.ROOT,
                "%s  loss %s  %.0f images/s  %d sent  %d batches  %d events",
                step(now, steps, seconds),
                loss.isPresent() ? String.format(Locale.ROOT, "%.3f", loss.getAsDouble()) : "–",
                now.imagesPerSecond(),
                sent,
                now.batches(),
                now.events());
    }

    /** The same where the demo does something else. */
    static String of(RunRecord.Counts now, String activity, int steps, double seconds) {
        return step(now, steps, seconds) + "  " + activity;
    }

    /** Before a demo that was resumed has taken a step again. */
    static String resuming(double seconds) {
        return time(seconds) + "  resuming";
    }

    private static String step(RunRecord.Counts now, int steps, double seconds) {
        return String.format(
                Locale.ROOT,
                "%s  step %d%s",
                time(seconds),
                now.step(),
                now.step() <= steps ? "/" + steps : "");
    }

    private static String time(double seconds) {
        long whole = (long) seconds;
        return String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }
}
