package io.kiln.operations.flink;

import java.time.Instant;

/**
 * A complete savepoint or checkpoint of a job.
 *
 * @param kind which of them
 * @param uri of its folder, as {@code --from} takes it
 * @param written when it was completed
 */
public record SavedState(Kind kind, String uri, Instant written) {
    /** Kinds of states. */
    public enum Kind {
        /** Made on request; belongs to nobody and stays until it is deleted. */
        SAVEPOINT,
        /** Made by Flink while the job ran. */
        CHECKPOINT
    }
}
