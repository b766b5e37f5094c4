package io.kiln.schemas;

/**
 * A reference to a secret cannot be resolved. The message names the key, the file or variable, and
 * the process that looked for it.
 */
public final class SecretReferenceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SecretReferenceException(String message) {
        super(message);
    }
}
