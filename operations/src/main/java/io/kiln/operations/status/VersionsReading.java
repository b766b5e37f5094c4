package io.kiln.operations.status;

import java.time.Instant;

/**
 * The versions of a run.
 *
 * @param last number of the newest
 * @param step that it was published at
 * @param created when
 * @param kept versions whose files are kept
 * @param bytes of all files that are kept
 * @param bytesOfLast of the files of the newest
 */
public record VersionsReading(
        long last, long step, Instant created, int kept, long bytes, long bytesOfLast) {}
