package io.kiln.checkpoints;

/**
 * A file of a checkpoint is missing or not what its event says; the message names the file,
 * expected and found.
 */
public final class ArtifactMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ArtifactMismatchException(String message) {
        super(message);
    }
}
