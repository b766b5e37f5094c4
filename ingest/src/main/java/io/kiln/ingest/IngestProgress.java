package io.kiln.ingest;

import java.util.OptionalDouble;

/**
 * How far a run is.
 *
 * @param sent images that the broker has stored
 * @param bytes of these images
 * @param refused files that were not sent
 * @param inputBytes of files and archives that are done, as they are stored
 * @param totalInputBytes of all files and archives; {@link ImageSource#UNKNOWN} as long as it is
 * @param seconds since the run began
 */
public record IngestProgress(
        long sent,
        long bytes,
        long refused,
        long inputBytes,
        long totalInputBytes,
        double seconds) {

    /** Share of the input that is done, 0 to 1; empty if the total is unknown. */
    public OptionalDouble share() {
        return totalInputBytes > 0
                ? OptionalDouble.of(Math.min(1, (double) inputBytes / totalInputBytes))
                : OptionalDouble.empty();
    }

    /** Seconds until the end at the rate so far; empty if that cannot be told yet. */
    public OptionalDouble secondsLeft() {
        return share().isPresent() && inputBytes > 0
                ? OptionalDouble.of(seconds * (1 / share().getAsDouble() - 1))
                : OptionalDouble.empty();
    }

    /** Images a second so far. */
    public double imagesPerSecond() {
        return seconds > 0 ? sent / seconds : 0;
    }

    /** Bytes of images a second so far. */
    public double bytesPerSecond() {
        return seconds > 0 ? bytes / seconds : 0;
    }
}
