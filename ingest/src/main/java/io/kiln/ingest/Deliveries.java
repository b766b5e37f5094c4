package io.kiln.ingest;

import io.kiln.ingest.Refusal.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Images on their way to the broker and what became of them. Handed over by one thread, reported by
 * the producer's.
 */
final class Deliveries {
    /** The producer's own report of an image that it gave up is the better one. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final String destination;
    private final Duration patience;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentSkipListMap<Long, Origin> underway = new ConcurrentSkipListMap<>();
    private final ConcurrentLinkedQueue<Refusal> refused = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable IngestException> failure = new AtomicReference<>();
    private final Object settled = new Object();
    private volatile long lastSettled = System.nanoTime();
    private long next;

    /**
     * @param destination where images go, for messages
     * @param patience how long the producer tries to deliver an image
     */
    Deliveries(String destination, Duration patience) {
        this.destination = destination;
        this.patience = patience;
    }

    /** An image that is about to be handed over. */
    Callback begin(Origin origin, int length) {
        long number = next++;
        if (underway.isEmpty()) {
            lastSettled = System.nanoTime();
        }
        underway.put(number, origin);
        return (metadata, exception) -> {
            if (exception == null) {
                bytes.addAndGet(length);
                sent.incrementAndGet();
            } else if (exception instanceof RecordTooLargeException) {
                refused.add(
                        new Refusal(
                                origin,
                                Reason.REFUSED_BY_BROKER,
                                length + " bytes are more than the topic's max.message.bytes"));
            } else {
                failure.compareAndSet(null, lost(origin, exception));
            }
            settle(number);
        };
    }

    /** The image begun last was not handed over after all. */
    void cancel() {
        settle(next - 1);
    }

    private void settle(long number) {
        underway.remove(number);
        lastSettled = System.nanoTime();
        synchronized (settled) {
            settled.notifyAll();
        }
    }

    private IngestException lost(Origin origin, Exception reason) {
        return new IngestException(
                origin + " could not be sent to " + destination + ": " + reason.getMessage(),
                reason);
    }

    /**
     * Waits for all to arrive, but a moment at most.
     *
     * @return whether images are still on their way
     * @throws IngestException if nothing was heard of any for too long. The producer alone does not
     *     notice a broker that goes away before the first image: it asks for its own identity
     *     without end
     */
    boolean await(Duration moment) throws InterruptedException {
        long deadline = System.nanoTime() + moment.toNanos();
        synchronized (settled) {
            long left = moment.toMillis();
            while (!underway.isEmpty() && left > 0) {
                settled.wait(left);
                left = (deadline - System.nanoTime()) / 1_000_000;
            }
        }
        Map.Entry<Long, Origin> oldest = underway.firstEntry();
        if (oldest != null && System.nanoTime() - lastSettled > patience.plus(GRACE).toNanos()) {
            throw new IngestException(
                    oldest.getValue()
                            + " could not be sent to "
                            + destination
                            + ": no answer within "
                            + patience.toSeconds()
                            + " s");
        }
        return oldest != null;
    }

    long sent() {
        return sent.get();
    }

    long bytes() {
        return bytes.get();
    }

    long underway() {
        return underway.size();
    }

    /** Images that the broker does not take, each once. */
    @Nullable Refusal nextRefused() {
        return refused.poll();
    }

    /**
     * @throws IngestException if an image was lost, naming the first
     */
    void requireNoneLost() {
        IngestException lost = failure.get();
        if (lost != null) {
            throw lost;
        }
    }
}
