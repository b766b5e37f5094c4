package io.kiln.checkpoints;

/**
 * Checkpoint events cannot be read, or a record is not one. The message names the place and says
 * what to do.
 */
public final class CheckpointException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CheckpointException(String message) {
        super(message);
    }

    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
