package io.kiln.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Work that Ctrl-C ends in order. */
final class Interruption {
    private static final int GRACE_SECONDS = 15;

    private Interruption() {}

    /**
     * Does some work. If the process is asked to end meanwhile, the thread is interrupted, and the
     * process waits for the work to return, for {@value #GRACE_SECONDS} seconds at most.
     */
    static <T> T onCtrlC(Supplier<T> work) {
        CountDownLatch done = new CountDownLatch(1);
        Thread worker = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(worker, done), "interruption"));
        try {
            return work.get();
        } finally {
            done.countDown();
        }
    }

    private static void end(Thread worker, CountDownLatch done) {
        if (done.getCount() == 0) {
            return;
        }
        worker.interrupt();
        try {
            if (!done.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                worker.interrupt(); // nothing more can be waited for
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
