package io.kiln.kafka;

import java.io.Closeable;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Detects that a job completes no checkpoint. Runs on its own thread, because the thread of the
 * task may be the one that is blocked.
 */
final class CheckpointWatch implements Closeable {
    private static final int CHECKS_PER_LIMIT = 10;

    private final Duration limit;
    private final Consumer<CheckpointsMissingException> onTimeout;
    private final ScheduledExecutorService thread;
    private volatile long since = System.nanoTime();

    /**
     * Starts to watch.
     *
     * @param limit longest time without a completed checkpoint
     * @param onTimeout called once, on the thread of the watch, when the limit is exceeded
     */
    CheckpointWatch(Duration limit, Consumer<CheckpointsMissingException> onTimeout) {
        this.limit = limit;
        this.onTimeout = onTimeout;
        this.thread =
                Executors.newSingleThreadScheduledExecutor(
                        work -> {
                            Thread watch = new Thread(work, "checkpoint-watch");
                            watch.setDaemon(true);
                            return watch;
                        });
        long pause = limit.toNanos() / CHECKS_PER_LIMIT;
        thread.scheduleWithFixedDelay(this::check, pause, pause, TimeUnit.NANOSECONDS);
    }

    /** Records that a checkpoint is complete. */
    void completed() {
        since = System.nanoTime();
    }

    private void check() {
        if (System.nanoTime() - since > limit.toNanos()) {
            thread.shutdown();
            onTimeout.accept(new CheckpointsMissingException(limit));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
