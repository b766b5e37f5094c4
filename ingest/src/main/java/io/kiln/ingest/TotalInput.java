package io.kiln.ingest;

import java.util.List;
import java.util.function.LongConsumer;

/**
 * Counts ahead how much input there is, beside the sending, so that nobody waits for it. Ends when
 * stopped.
 */
final class TotalInput {
    private final Thread thread;

    /**
     * @param told gets the total, from another thread; never called if it cannot be known
     */
    TotalInput(List<? extends ImageSource> sources, LongConsumer told) {
        thread = new Thread(() -> count(sources, told), "count-input");
        thread.setDaemon(true);
        thread.start();
    }

    private static void count(List<? extends ImageSource> sources, LongConsumer told) {
        long sum = 0;
        for (ImageSource source : sources) {
            long bytes = source.inputBytes();
            if (bytes == ImageSource.UNKNOWN) {
                return;
            }
            sum += bytes;
        }
        told.accept(sum);
    }

    void stop() {
        thread.interrupt();
    }

    /** Waits until the count has ended. */
    void awaitEnd() throws InterruptedException {
        thread.join();
    }
}
