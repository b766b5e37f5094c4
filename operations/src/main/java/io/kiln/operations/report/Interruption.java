package io.kiln.operations.report;

import java.time.Duration;
import java.time.Instant;

/**
 * A time in which a run did not train, because its job failed and recovered, or was stopped and
 * went on.
 *
 * @param at when the run went on
 * @param step the last step that still counts
 * @param lostSteps steps behind it, of all trainers, that were taken, lost with a failure, and
 *     taken again
 * @param away time without training
 */
public record Interruption(Instant at, long step, long lostSteps, Duration away) {
    /** The same with more lost steps. */
    Interruption andLost(long steps) {
        return new Interruption(at, step, lostSteps + steps, away);
    }
}
