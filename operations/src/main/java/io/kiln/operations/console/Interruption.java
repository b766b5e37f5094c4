package io.kiln.operations.console;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Lets work finish in an orderly way when the process is asked to end, by Ctrl-C or a signal. */
public final class Interruption {
    private final Thread worker;
    private final Duration grace;
    private final CountDownLatch done = new CountDownLatch(1);

    /**
     * @param worker the thread that works
     * @param grace how long the process waits for the work
     */
    Interruption(Thread worker, Duration grace) {
        this.worker = worker;
        this.grace = grace;
    }

    /**
     * Runs some work on the calling thread. If the process is asked to end before the work returns,
     * the thread is interrupted and the process waits for it.
     *
     * @param grace longest time that the process waits
     */
    public static <T> T onShutdown(Duration grace, Supplier<T> work) {
        Interruption interruption = new Interruption(Thread.currentThread(), grace);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(interruption::interruptAndAwait, "interruption"));
        try {
            return work.get();
        } finally {
            interruption.done();
        }
    }

    /** The work has returned. */
    void done() {
        done.countDown();
    }

    /** Interrupts the work and waits for its return; does nothing if it has returned. */
    void interruptAndAwait() {
        if (done.getCount() == 0) {
            return;
        }
        worker.interrupt();
        try {
            done.await(grace.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
