package io.kiln.checkpoints;

/**
 * A file of a checkpoint is missing or differs from its event. The message names the file, and what
 * was expected and found.
 */
public final class ArtifactMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ArtifactMismatchException(String message) {
        super(message);
    }
}
