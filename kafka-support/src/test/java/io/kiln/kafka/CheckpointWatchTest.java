package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
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
        try (CheckpointWatch watch = new CheckpointWatch(Duration.ofSeconds(2), told::add)) {
            long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (System.nanoTime() < end) {
                watch.completed();
                Thread.sleep(20);
            }
        }
        assertThat(told).isEmpty();
    }

    @Test
    void closedWatchTellsNothing() throws InterruptedException {
        new CheckpointWatch(Duration.ofMillis(200), told::add).close();
        Thread.sleep(600);
        assertThat(told).isEmpty();
    }
}
