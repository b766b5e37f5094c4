package io.kiln.operations.flink;

import io.kiln.operations.flink.SavedState.Kind;

/**
 * A state that a new job starts from.
 *
 * @param uri of the savepoint or checkpoint
 * @param claimed whether it belongs to the new job, which deletes it as one of its own once it has
 *     newer checkpoints; otherwise it stays until somebody deletes it
 */
public record StartingState(String uri, boolean claimed) {
    /** A state that others may need, too. */
    public static StartingState shared(String uri) {
        return new StartingState(uri, false);
    }

    /** The newest state of a job that has ended: nobody else would delete its checkpoint. */
    public static StartingState newest(SavedState state) {
        return new StartingState(state.uri(), state.kind() == Kind.CHECKPOINT);
    }
}
