package io.kiln.masking.job;

import io.kiln.schemas.DeadLetterReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Metrics of {@link DecodeAndMask}: {@code imagesDecoded}; {@code decodeNanos} and {@code
 * maskNanos}, the total time of each stage; {@code deadLetters} of each {@code reason}.
 */
final class ImageMetrics {
    private final Counter decoded;
    private final Counter decodeNanos;
    private final Counter maskNanos;
    private final Map<DeadLetterReason, Counter> refused = new EnumMap<>(DeadLetterReason.class);

    ImageMetrics(MetricGroup group) {
        decoded = group.counter("imagesDecoded");
        decodeNanos = group.counter("decodeNanos");
        maskNanos = group.counter("maskNanos");
        for (DeadLetterReason reason : DeadLetterReason.values()) {
            refused.put(reason, group.addGroup("reason", reason.name()).counter("deadLetters"));
        }
    }

    void decoded(long nanos) {
        decoded.inc();
        decodeNanos.inc(nanos);
    }

    void masked(long nanos) {
        maskNanos.inc(nanos);
    }

    void refused(DeadLetterReason reason) {
        Objects.requireNonNull(refused.get(reason), "every reason has a counter").inc();
    }
}
