package io.kiln.cli;

import io.kiln.ingest.IngestListener;
import io.kiln.ingest.IngestProgress;
import io.kiln.ingest.Refusal;
import io.kiln.operations.console.StatusLine;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Shows the progress of ingest in one line (share, images, rates, time left), refusals above it.
 */
final class IngestProgressBar implements IngestListener {
    private static final int WIDTH = 20;
    private static final long INTERVAL_NANOS = 200_000_000;
    private static final int MAX_REFUSALS = 20;

    private final StatusLine status;
    private long lastNanos = System.nanoTime() - INTERVAL_NANOS;
    private int refusals;

    IngestProgressBar(PrintWriter out, boolean terminal) {
        this.status = new StatusLine(out, terminal);
    }

    @Override
    public void progress(IngestProgress progress) {
        if (System.nanoTime() - lastNanos >= INTERVAL_NANOS) {
            lastNanos = System.nanoTime();
            status.show(text(progress));
        }
    }

    @Override
    public void refused(Refusal refusal) {
        refusals++;
        if (refusals <= MAX_REFUSALS) {
            status.print("refused " + refusal);
        } else if (refusals == MAX_REFUSALS + 1) {
            status.print("further refusals are counted in the summary; --refused FILE names all");
        }
    }

    /** Clears the line. */
    void end() {
        status.end();
    }

    static String text(IngestProgress progress) {
        StringBuilder text = new StringBuilder();
        OptionalDouble share = progress.share();
        if (share.isPresent()) {
            int full = (int) (share.getAsDouble() * WIDTH);
            text.append('[')
                    .append("#".repeat(full))
                    .append("-".repeat(WIDTH - full))
                    .append(String.format(Locale.ROOT, "] %3.0f%%  ", 100 * share.getAsDouble()));
        }
        text.append(
                String.format(
                        Locale.ROOT,
                        "%,d images  %.0f/s  %.1f MB/s",
                        progress.sent(),
                        progress.imagesPerSecond(),
                        progress.bytesPerSecond() / 1e6));
        progress.secondsLeft()
                .ifPresent(
                        left ->
                                text.append(
                                        String.format(
                                                Locale.ROOT,
                                                "  %d:%02d left",
                                                (long) left / 60,
                                                (long) left % 60)));
        if (progress.refused() > 0) {
            text.append(String.format(Locale.ROOT, "  %,d refused", progress.refused()));
        }
        return text.toString();
    }
}
