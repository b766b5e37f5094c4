package io.kiln.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets Ctrl-C end a thread's work in order: the thread is interrupted, and the process waits until
 * it has closed this, for some seconds at most.
 */
final class Interruption implements AutoCloseable {
    private static final int GRACE_SECONDS = 15;

    private final CountDownLatch done = new CountDownLatch(1);

    private Interruption() {}

    static Interruption ofThisThread() {
        Interruption interruption = new Interruption();
        Thread worker = Thread.currentThread();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> interruption.end(worker), "interruption"));
        return interruption;
    }

    private void end(Thread worker) {
        if (done.getCount() == 0) {
            return;
        }
        worker.interrupt();
        try {
            if (!done.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                return; // it had its chance
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        done.countDown();
    }
}
