package io.kiln.operations;

import org.jspecify.annotations.Nullable;

/** An operation failed for a reason the user can act on; the message alone must suffice. */
public final class OperationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public OperationException(String message) {
        super(message);
    }

    public OperationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
