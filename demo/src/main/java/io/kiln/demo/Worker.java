package io.kiln.demo;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs work in a thread of its own until it is closed. Closing interrupts the thread. */
final class Worker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final Thread thread;
    private volatile Optional<RuntimeException> failure = Optional.empty();
    private volatile boolean closing;

    private Worker(String name, Runnable work) {
        this.thread = new Thread(() -> run(work), name);
        thread.setDaemon(true);
    }

    /** Starts work in a daemon thread of this name. */
    static Worker start(String name, Runnable work) {
        Worker worker = new Worker(name, work);
        worker.thread.start();
        return worker;
    }

    private void run(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            if (!closing) {
                LOG.error("{} failed", thread.getName(), e);
                failure = Optional.of(e);
            }
        }
    }

    /** The exception that ended the work; empty if there is none, or it came after closing. */
    Optional<RuntimeException> failure() {
        return failure;
    }

    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
