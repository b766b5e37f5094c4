package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerTest {
    private static void block() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void closingInterruptsTheWorkAndWaitsForItsEnd() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        Worker worker =
                Worker.start(
                        "work",
                        () -> {
                            started.countDown();
                            block();
                            ended.set(true);
                        });
        started.await();
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
        CountDownLatch started = new CountDownLatch(1);
        Worker worker =
                Worker.start(
                        "work",
                        () -> {
                            started.countDown();
                            block();
                            throw new IllegalStateException("interrupted");
                        });
        started.await();
        worker.close();
        assertThat(worker.failure()).isEmpty();
    }
}
