package io.kiln.endtoend;

import java.time.Duration;

/**
 * How long tests under faults wait for what should come, and how long a process may be silent until
 * it counts as lost. On a machine that others keep busy, -Dkiln.faults.patience=4 makes all of it
 * four times as long.
 */
final class Patience {
    private static final int FACTOR = Integer.getInteger("kiln.faults.patience", 1);

    private Patience() {}

    static Duration ofSeconds(long seconds) {
        return Duration.ofSeconds(seconds * FACTOR);
    }

    static Duration ofMinutes(long minutes) {
        return Duration.ofMinutes(minutes * FACTOR);
    }
}
