package io.kiln.masking.job;

import io.kiln.schemas.DeadLetterReason;
import java.util.EnumMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Metrics of DecodeAndMask: {@code imagesDecoded}; {@code decodeNanos}, the time they took in all;
 * {@code deadLetters} of each {@code reason}.
 */
final class DecodeMetrics {
    private final Counter decoded;
    private final Counter nanos;
    private final Map<DeadLetterReason, Counter> refused = new EnumMap<>(DeadLetterReason.class);

    DecodeMetrics(MetricGroup group) {
        decoded = group.counter("imagesDecoded");
        nanos = group.counter("decodeNanos");
        for (DeadLetterReason reason : DeadLetterReason.values()) {
            refused.put(reason, group.addGroup("reason", reason.name()).counter("deadLetters"));
        }
    }

    void decoded(long elapsedNanos) {
        decoded.inc();
        nanos.inc(elapsedNanos);
    }

    void refused(DeadLetterReason reason) {
        Counter counter = refused.get(reason);
        if (counter != null) {
            counter.inc();
        }
    }
}
