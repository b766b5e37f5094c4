package io.kiln.masking.job;

import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.schemas.DeadLetterReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Metrics of {@link DecodeAndMask}: {@code imagesDecoded}; {@code decodeNanos} and {@code
 * maskNanos}, the total time of each stage; {@code heldOutImages}; {@code lastImageTime}; {@code
 * deadLetters} of each {@code reason}.
 */
final class ImageMetrics {
    private final Counter decoded;
    private final Counter decodeNanos;
    private final Counter maskNanos;
    private final Counter heldOut;
    private final Map<DeadLetterReason, Counter> refused = new EnumMap<>(DeadLetterReason.class);

    private volatile long lastImageMillis;

    ImageMetrics(MetricGroup group) {
        MaskingMetric.LAST_IMAGE_TIME.gauge(group, () -> lastImageMillis / 1e3);
        decoded = MaskingMetric.IMAGES_DECODED.counter(group);
        decodeNanos = MaskingMetric.DECODE_NANOS.counter(group);
        maskNanos = MaskingMetric.MASK_NANOS.counter(group);
        heldOut = MaskingMetric.HELD_OUT.counter(group);
        for (DeadLetterReason reason : DeadLetterReason.values()) {
            refused.put(
                    reason,
                    MaskingMetric.DEAD_LETTERS.counter(group.addGroup("reason", reason.name())));
        }
    }

    /** A record was read that was sent at this time, in milliseconds since 1970. */
    void read(long sentMillis) {
        lastImageMillis = Math.max(lastImageMillis, sentMillis);
    }

    void decoded(long nanos) {
        decoded.inc();
        decodeNanos.inc(nanos);
    }

    void masked(long nanos) {
        maskNanos.inc(nanos);
    }

    void heldOut() {
        heldOut.inc();
    }

    void refused(DeadLetterReason reason) {
        Objects.requireNonNull(refused.get(reason), "every reason has a counter").inc();
    }
}
