package io.kiln.masking;

import io.kiln.masking.image.Reason;
import java.util.EnumMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Metrics of DecodeImage: {@code imagesDecoded}; {@code decodeNanos}, the time they took in all;
 * {@code deadLetters} of each {@code reason}.
 */
final class DecodeMetrics {
    private final Counter decoded;
    private final Counter nanos;
    private final Map<Reason, Counter> refused = new EnumMap<>(Reason.class);

    DecodeMetrics(MetricGroup group) {
        decoded = group.counter("imagesDecoded");
        nanos = group.counter("decodeNanos");
        for (Reason reason : Reason.values()) {
            refused.put(reason, group.addGroup("reason", reason.name()).counter("deadLetters"));
        }
    }

    void decoded(long elapsedNanos) {
        decoded.inc();
        nanos.inc(elapsedNanos);
    }

    void refused(Reason reason) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.inc();
        }
    }
}
