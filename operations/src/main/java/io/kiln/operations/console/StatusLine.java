package io.kiln.operations.console;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * A status line. On a terminal it changes in place; elsewhere a line is printed every few seconds,
 * so that logs stay readable. Thread-safe.
 */
public final class StatusLine {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);
    private static final String CLEAR = "\r\u001b[K";
    private static final int MAX_COLUMNS = 79;

    private final PrintWriter out;
    private final boolean terminal;
    private boolean open;
    private String shown = "";
    private long lastPlain;

    /**
     * @param terminal whether the output is a terminal
     */
    public StatusLine(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.lastPlain = System.nanoTime() - PLAIN_INTERVAL.toNanos();
    }

    /** Shows a status. */
    public synchronized void show(String text) {
        String status = Printable.line(text);
        if (status.equals(shown)) {
            return;
        }
        if (terminal) {
            String fitting =
                    status.length() <= MAX_COLUMNS
                            ? status
                            : status.substring(0, MAX_COLUMNS - 1) + "…";
            out.print(CLEAR + fitting);
            open = true;
            shown = status;
        } else if (System.nanoTime() - lastPlain >= PLAIN_INTERVAL.toNanos()) {
            out.println(status);
            lastPlain = System.nanoTime();
            shown = status;
        }
        out.flush();
    }

    /** Shows a status on a terminal only. */
    public synchronized void hint(String status) {
        if (terminal) {
            show(status);
        }
    }

    /** Prints a permanent line above the status. */
    public synchronized void print(String line) {
        if (open) {
            out.print(CLEAR);
            open = false;
        }
        out.println(Printable.lines(line));
        if (terminal && !shown.isEmpty()) {
            String status = shown;
            shown = "";
            show(status);
        }
        out.flush();
    }

    /** Clears the status. */
    public synchronized void end() {
        if (open) {
            out.print(CLEAR);
            open = false;
        }
        shown = "";
        out.flush();
    }
}
