package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerTest {
    private final CountDownLatch started = new CountDownLatch(1);

    /** Starts work that blocks until it is interrupted, and then runs an action. */
    private Worker startBlocked(Runnable action) throws InterruptedException {
        Worker worker =
                Worker.start(
                        "work",
                        () -> {
                            started.countDown();
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                action.run();
                            }
                        });
        started.await();
        return worker;
    }

    @Test
    void closingInterruptsTheWorkAndWaitsForItsEnd() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        Worker worker = startBlocked(() -> ended.set(true));
        worker.close();
        assertThat(ended).isTrue();
        assertThat(worker.failure()).isEmpty();
    }

    @Test
    void aFailureIsKept() {
        IllegalStateException failure = new IllegalStateException("broken");
        try (Worker worker =
                Worker.start(
                        "work",
                        () -> {
                            throw failure;
                        })) {
            await().until(() -> worker.failure().isPresent());
            assertThat(worker.failure()).containsSame(failure);
        }
    }

    @Test
    void aFailureThatClosingCausesIsNone() throws Exception {
        Worker worker =
                startBlocked(
                        () -> {
                            throw new IllegalStateException("interrupted");
                        });
        worker.close();
        assertThat(worker.failure()).isEmpty();
    }
}
