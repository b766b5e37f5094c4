package io.kiln.ingest;

import io.kiln.ingest.IngestSummary.Refused;
import io.kiln.ingest.Refusal.Reason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts one run and tells its listener. Belongs to the thread that runs, the total excepted. */
final class Tally {
    private final Deliveries deliveries;
    private final IngestListener listener;
    private final long start = System.nanoTime();
    private final Map<Reason, Long> refused = new EnumMap<>(Reason.class);
    private final Map<Reason, List<String>> named = new EnumMap<>(Reason.class);
    private long hidden;
    private long sentBefore;
    private long inputBytes;
    private volatile long totalInputBytes = ImageSource.UNKNOWN;

    Tally(Deliveries deliveries, IngestListener listener) {
        this.deliveries = deliveries;
        this.listener = listener;
    }

    /**
     * Takes over what was heard of deliveries.
     *
     * @throws IngestException if an image was lost
     */
    void settle() {
        for (Refusal next = deliveries.nextRefused();
                next != null;
                next = deliveries.nextRefused()) {
            refused(next);
        }
        deliveries.requireNoneLost();
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

    void sentBefore() {
        sentBefore++;
        tellProgress();
    }

    void hidden() {
        hidden++;
    }

    void consumed(long more) {
        inputBytes += more;
        tellProgress();
    }

    /** May be called by another thread. */
    void totalInputBytes(long total) {
        totalInputBytes = total;
    }

    private void tellProgress() {
        listener.progress(
                new IngestProgress(
                        deliveries.sent(),
                        deliveries.bytes(),
                        refused.values().stream().mapToLong(Long::longValue).sum(),
                        inputBytes,
                        totalInputBytes,
                        seconds()));
    }

    IngestSummary summary(boolean interrupted) {
        Map<Reason, Refused> byReason = new EnumMap<>(Reason.class);
        refused.forEach(
                (reason, count) ->
                        byReason.put(
                                reason, new Refused(count, named.getOrDefault(reason, List.of()))));
        return new IngestSummary(
                deliveries.sent(),
                deliveries.bytes(),
                byReason,
                hidden,
                sentBefore,
                deliveries.underway(),
                interrupted,
                seconds());
    }

    private double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }
}
