package io.kiln.ingest;

import io.kiln.ingest.IngestSummary.Refused;
import io.kiln.ingest.Refusal.Reason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Counts one run and tells its listener. Deliveries are reported by the producer's thread; all
 * else, and the listener, belongs to the thread that runs.
 */
final class Tally {
    private final IngestListener listener;
    private final long start = System.nanoTime();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong totalInputBytes = new AtomicLong(ImageSource.UNKNOWN);
    private final ConcurrentLinkedQueue<Refusal> refusedByBroker = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable IngestException> failure = new AtomicReference<>();

    private final Map<Reason, Long> refused = new EnumMap<>(Reason.class);
    private final Map<Reason, List<String>> named = new EnumMap<>(Reason.class);
    private long handedOver;
    private long hidden;
    private long inputBytes;

    Tally(IngestListener listener) {
        this.listener = listener;
    }

    /** What happens with a picture that is handed over. */
    Callback delivery(Origin origin, int length, String destination) {
        return (metadata, exception) -> {
            if (exception == null) {
                bytes.addAndGet(length);
                sent.incrementAndGet();
                return;
            }
            failed.incrementAndGet();
            if (exception instanceof RecordTooLargeException) {
                refusedByBroker.add(
                        new Refusal(
                                origin,
                                Reason.REFUSED_BY_BROKER,
                                length + " bytes are more than the topic's max.message.bytes"));
            } else {
                failure.compareAndSet(
                        null,
                        new IngestException(
                                origin
                                        + " could not be sent to "
                                        + destination
                                        + ": "
                                        + exception.getMessage(),
                                exception));
            }
        };
    }

    /** A picture is on its way. */
    void handedOver() {
        handedOver++;
    }

    /** Whether the broker has stopped taking pictures. */
    boolean hasFailed() {
        return failure.get() != null;
    }

    /**
     * Takes over what the producer's thread found.
     *
     * @throws IngestException if the broker has stopped taking pictures
     */
    void settle() {
        for (Refusal next = refusedByBroker.poll(); next != null; next = refusedByBroker.poll()) {
            refused(next);
        }
        IngestException lost = failure.get();
        if (lost != null) {
            throw lost;
        }
        tellProgress();
    }

    void refused(Refusal refusal) {
        refused.merge(refusal.reason(), 1L, Long::sum);
        List<String> names = named.computeIfAbsent(refusal.reason(), r -> new ArrayList<>());
        if (names.size() < IngestSummary.NAMED) {
            names.add(refusal.origin() + " (" + refusal.detail() + ")");
        }
        listener.refused(refusal);
    }

    void hidden() {
        hidden++;
    }

    void consumed(long more) {
        inputBytes += more;
        tellProgress();
    }

    void totalInputBytes(long total) {
        totalInputBytes.set(total);
    }

    private void tellProgress() {
        listener.progress(
                new IngestProgress(
                        sent.get(),
                        bytes.get(),
                        refused.values().stream().mapToLong(Long::longValue).sum(),
                        inputBytes,
                        totalInputBytes.get(),
                        seconds()));
    }

    IngestSummary summary(boolean interrupted) {
        Map<Reason, Refused> byReason = new EnumMap<>(Reason.class);
        refused.forEach(
                (reason, count) ->
                        byReason.put(
                                reason, new Refused(count, named.getOrDefault(reason, List.of()))));
        return new IngestSummary(
                sent.get(),
                bytes.get(),
                byReason,
                hidden,
                handedOver - sent.get() - failed.get(),
                interrupted,
                seconds());
    }

    private double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }
}
