package io.kiln.model.torch;

/** The engine's native libraries cannot be loaded. */
public final class EngineMissingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EngineMissingException(String message, Throwable cause) {
        super(message, cause);
    }
}
