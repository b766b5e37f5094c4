package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CheckpointWatchTest {
    private final List<CheckpointsMissingException> told = new CopyOnWriteArrayList<>();

    @Test
    void jobWithoutCheckpointsIsToldOnceAndFromTheWatchsOwnThread() throws InterruptedException {
        List<Thread> threads = new CopyOnWriteArrayList<>();
        try (CheckpointWatch watch =
                new CheckpointWatch(
                        Duration.ofMillis(100),
                        missing -> {
                            threads.add(Thread.currentThread());
                            told.add(missing);
                        })) {
            await().until(() -> !told.isEmpty());
            Thread.sleep(300); // three more limits
            watch.completed();
        }
        assertThat(told).hasSize(1);
        assertThat(threads).doesNotContain(Thread.currentThread());
    }

    /** Completes far more often than the limit, for several limits. */
    @Test
    void completedCheckpointsKeepTheWatchQuiet() throws InterruptedException {
        Duration limit = Duration.ofSeconds(2);
        long begin = System.nanoTime();
        long last = begin;
        long longestPause = 0;
        try (CheckpointWatch watch = new CheckpointWatch(limit, told::add)) {
            while (last - begin < limit.toNanos() * 5 / 2) {
                Thread.sleep(20);
                watch.completed();
                long now = System.nanoTime();
                longestPause = Math.max(longestPause, now - last);
                last = now;
            }
        }
        assumeThat(longestPause).as("this thread was not stalled").isLessThan(limit.toNanos());
        assertThat(told).isEmpty();
    }

    @Test
    void closedWatchTellsNothing() throws InterruptedException {
        new CheckpointWatch(Duration.ofMillis(200), told::add).close();
        Thread.sleep(600);
        assertThat(told).isEmpty();
    }
}
