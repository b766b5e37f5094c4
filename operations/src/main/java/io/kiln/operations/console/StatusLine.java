package io.kiln.operations.console;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * One line that changes in place on a terminal. Anywhere else, a line now and then, so that a log
 * stays readable.
 */
public final class StatusLine {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);
    private static final String CLEAR = "\r\u001b[K";
    private static final int NARROW = 79;

    private final PrintWriter out;
    private final boolean terminal;
    private boolean open;
    private String shown = "";
    private long lastPlain;

    /**
     * @param terminal whether lines can be changed in place
     */
    public StatusLine(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.lastPlain = System.nanoTime() - PLAIN_INTERVAL.toNanos();
    }

    /** Shows how things stand. */
    public void show(String status) {
        if (status.equals(shown)) {
            return;
        }
        if (terminal) {
            String fitting =
                    status.length() <= NARROW ? status : status.substring(0, NARROW - 1) + "…";
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

    /** Shows something that only matters to who is watching. */
    public void hint(String status) {
        if (terminal) {
            show(status);
        }
    }

    /** Prints a line that stays, above the status. */
    public void print(String line) {
        if (open) {
            out.print(CLEAR);
            open = false;
        }
        out.println(line);
        if (terminal && !shown.isEmpty()) {
            String status = shown;
            shown = "";
            show(status);
        }
        out.flush();
    }

    /** Ends the status; what is printed from now on stands alone. */
    public void end() {
        if (open) {
            out.print(CLEAR);
            open = false;
        }
        shown = "";
        out.flush();
    }
}
