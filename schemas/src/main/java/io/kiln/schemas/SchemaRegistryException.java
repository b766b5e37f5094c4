package io.kiln.schemas;

/**
 * The schema registry could not be used; the message names its address and what was asked of it.
 */
public class SchemaRegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SchemaRegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
