package io.kiln.operations.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InterruptionTest {
    private static final Duration GRACE = Duration.ofSeconds(50);

    @Test
    void theWorkIsInterruptedAndItsReturnAwaited() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        AtomicBoolean returned = new AtomicBoolean();
        Thread worker =
                new Thread(
                        () -> {
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                interrupted.set(true);
                            }
                            awaitQuietly(release);
                        });
        Interruption interruption = new Interruption(worker, GRACE);
        worker.start();
        Thread hook =
                new Thread(
                        () -> {
                            interruption.interruptAndAwait();
                            returned.set(true);
                        });
        hook.start();
        await().untilTrue(interrupted);
        await().until(() -> hook.getState() == Thread.State.TIMED_WAITING);
        assertThat(returned).as("the hook waits for the work").isFalse();
        release.countDown();
        worker.join();
        interruption.done();
        hook.join();
        assertThat(returned).isTrue();
    }

    @Test
    void theHookDoesNotWaitLongerThanTheGrace() {
        Thread worker = new Thread(() -> {});
        new Interruption(worker, Duration.ofMillis(20)).interruptAndAwait();
    }

    @Test
    void workThatHasReturnedIsNotInterrupted() {
        Interruption interruption = new Interruption(Thread.currentThread(), GRACE);
        interruption.done();
        interruption.interruptAndAwait();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void theResultAndTheFailureOfTheWorkArePassedOn() {
        assertThat(Interruption.onShutdown(GRACE, () -> "result")).isEqualTo("result");
        assertThatThrownBy(
                        () ->
                                Interruption.onShutdown(
                                        GRACE,
                                        () -> {
                                            throw new IllegalStateException("broken");
                                        }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("broken");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
