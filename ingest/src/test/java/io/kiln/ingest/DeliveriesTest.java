package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.ingest.Refusal.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeliveriesTest {
    private final Deliveries deliveries = new Deliveries("images", Duration.ofMinutes(1));

    private static Origin image(int number) {
        return new Origin("image " + number, "file:/image-" + number);
    }

    @Test
    void everyImageIsCountedOnceThoughOthersReportIt() throws Exception {
        int images = 20_000;
        List<Future<?>> reports = new ArrayList<>();
        try (Reporters reporters = new Reporters(Executors.newFixedThreadPool(4))) {
            for (int i = 0; i < images; i++) {
                Callback callback = deliveries.begin(image(i), 10);
                RuntimeException answer = i % 10 == 0 ? new RecordTooLargeException("large") : null;
                reports.add(reporters.threads.submit(() -> callback.onCompletion(null, answer)));
            }
            while (deliveries.await(Duration.ofSeconds(1))) {
                assertThat(deliveries.underway()).isLessThanOrEqualTo(images);
            }
            for (Future<?> report : reports) {
                report.get();
            }
        }
        int refused = 0;
        for (Refusal next = deliveries.nextRefused();
                next != null;
                next = deliveries.nextRefused()) {
            assertThat(next.reason()).isEqualTo(Reason.REFUSED_BY_BROKER);
            refused++;
        }
        assertThat(refused).isEqualTo(images / 10);
        assertThat(deliveries.sent()).isEqualTo(images - refused);
        assertThat(deliveries.bytes()).isEqualTo(10L * (images - refused));
        assertThat(deliveries.underway()).isZero();
        deliveries.requireNoneLost();
    }

    private record Reporters(ExecutorService threads) implements AutoCloseable {
        @Override
        public void close() throws InterruptedException {
            threads.shutdown();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void waitEndsWhenTheLastImageArrives() throws Exception {
        Callback callback = deliveries.begin(image(0), 1);
        assertThat(deliveries.await(Duration.ofMillis(1))).isTrue();
        Thread reporter = new Thread(() -> callback.onCompletion(null, null));
        reporter.start();
        assertThat(deliveries.await(Duration.ofSeconds(50))).isFalse();
        reporter.join();
    }

    @Test
    void firstLostImageIsNamed() {
        Callback first = deliveries.begin(image(1), 1);
        Callback second = deliveries.begin(image(2), 1);
        second.onCompletion(null, new TimeoutException("expired"));
        first.onCompletion(null, new TimeoutException("expired too"));
        assertThatThrownBy(deliveries::requireNoneLost)
                .isInstanceOf(IngestException.class)
                .hasMessage("image 2 could not be sent to images: expired");
    }

    @Test
    void imageThatWasNotHandedOverIsNotWaitedFor() throws Exception {
        deliveries.begin(image(0), 1);
        deliveries.cancel();
        assertThat(deliveries.await(Duration.ZERO)).isFalse();
        assertThat(deliveries.sent()).isZero();
    }
}
