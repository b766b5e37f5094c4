package io.kiln.operations.console;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Lets work finish in an orderly way when the process is asked to end, by Ctrl-C or a signal. */
public final class Interruption {
    private static final int GRACE_SECONDS = 15;

    private Interruption() {}

    /**
     * Runs some work on the calling thread. If the process is asked to end before the work returns,
     * the thread is interrupted and the process waits up to {@value #GRACE_SECONDS} seconds for it.
     */
    public static <T> T onShutdown(Supplier<T> work) {
        CountDownLatch done = new CountDownLatch(1);
        Thread worker = Thread.currentThread();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> interrupt(worker, done), "interruption"));
        try {
            return work.get();
        } finally {
            done.countDown();
        }
    }

    /** What the shutdown hook does. */
    static void interrupt(Thread worker, CountDownLatch done) {
        if (done.getCount() == 0) {
            return;
        }
        worker.interrupt();
        try {
            done.await(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
