package io.kiln.ingest;

import io.kiln.config.IngestConfig;
import java.time.Duration;

/**
 * Bounds of what is fetched over HTTP.
 *
 * @param parallelism images fetched at a time
 * @param timeout for one attempt, from the request to the last byte
 * @param attempts for one image
 * @param pause before the second attempt; doubled before each further one
 * @param maxBytes more of an image is not read
 * @param internalAddresses whether servers may redirect to addresses that the internet does not
 *     reach
 */
public record HttpLimits(
        int parallelism,
        Duration timeout,
        int attempts,
        Duration pause,
        int maxBytes,
        boolean internalAddresses) {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

    /** As configured. */
    public static HttpLimits of(IngestConfig config) {
        return new HttpLimits(
                config.httpParallelism(),
                config.httpTimeout(),
                config.httpAttempts(),
                FIRST_PAUSE,
                Math.toIntExact(config.maxImageBytes().bytes()) + 1,
                config.internalAddresses());
    }
}
