package io.kiln.masking.order;

/**
 * Since when nothing has arrived, in milliseconds of processing time. The count begins no earlier
 * than the first record or timer of this attempt of the job, so time during which the job was down
 * is not idle time.
 */
final class IdleTime {
    private static final long NOT_STARTED = Long.MIN_VALUE;

    private long started = NOT_STARTED;
    private long lastArrival;

    /** Notes a record of any partition. */
    void arrived(long now) {
        started(now);
        lastArrival = now;
    }

    /** Notes a timer. */
    void started(long now) {
        if (started == NOT_STARTED) {
            started = now;
            lastArrival = now;
        }
    }

    /** Since when no partition has had an arrival; {@link #started} or {@link #arrived} first. */
    long ofStream() {
        return lastArrival;
    }

    /** Since when one partition has had no arrival; {@link #started} or {@link #arrived} first. */
    long of(WaitingImages partition) {
        return Math.max(started, partition.lastArrival());
    }
}
