package io.kiln.operations.status;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What goes through the topics.
 *
 * @param masking images that are not masked yet
 * @param training batches that are not trained on yet
 * @param imagesKept age at which the broker deletes images; empty if never
 * @param batchesKept age at which the broker deletes batches; empty if never
 * @param lastImage when the newest image was sent; empty if there is none
 * @param lastBatch when the newest batch was made; empty if there is none
 * @param imagesInLastHour records of the images topic that were sent in the last hour
 * @param deadLettersInLastHour records of the dead-letter topic of the last hour
 * @param reasons how many of the newest of these dead letters have which reason
 */
public record StreamReading(
        Lag masking,
        Lag training,
        Optional<Duration> imagesKept,
        Optional<Duration> batchesKept,
        Optional<Instant> lastImage,
        Optional<Instant> lastBatch,
        long imagesInLastHour,
        long deadLettersInLastHour,
        Map<String, Long> reasons) {
    public StreamReading {
        reasons = new TreeMap<>(reasons);
    }

    /**
     * How far a stage is behind.
     *
     * @param records that wait; above {@link LagReader#COUNTED} it includes the markers of
     *     transactions, except where nothing but markers is left in a partition
     * @param oldest age of the oldest of them; empty if none waits
     */
    public record Lag(long records, Optional<Duration> oldest) {
        static final Lag NONE = new Lag(0, Optional.empty());
    }
}
