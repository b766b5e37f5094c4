package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TotalInputTest {
    private final AtomicLong told = new AtomicLong(-2);

    /** A source that counts as the function says, and holds nothing. */
    private record Counted(LongSupplier bytes) implements ImageSource {
        @Override
        public void visit(Visitor visitor) {}

        @Override
        public long inputBytes() {
            return bytes.getAsLong();
        }
    }

    @Test
    void totalIsTheSumOfAllSources() throws InterruptedException {
        TotalInput total =
                new TotalInput(List.of(new Counted(() -> 3), new Counted(() -> 4)), told::set);
        total.awaitEnd();
        assertThat(told).hasValue(7);
    }

    @Test
    void nothingIsToldWhereASourceCannotKnow() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        Counted unknown =
                new Counted(
                        () -> {
                            asked.countDown();
                            return ImageSource.UNKNOWN;
                        });
        TotalInput total = new TotalInput(List.of(new Counted(() -> 3), unknown), told::set);
        asked.await();
        total.awaitEnd();
        assertThat(told).hasValue(-2);
    }

    @Test
    void stopInterruptsTheCount() throws InterruptedException {
        CountDownLatch counting = new CountDownLatch(1);
        Counted endless =
                new Counted(
                        () -> {
                            counting.countDown();
                            while (!Thread.currentThread().isInterrupted()) {
                                Thread.onSpinWait();
                            }
                            return ImageSource.UNKNOWN;
                        });
        TotalInput total = new TotalInput(List.of(endless), told::set);
        counting.await();
        total.stop();
        total.awaitEnd();
        assertThat(told).hasValue(-2);
    }
}
