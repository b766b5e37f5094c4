package io.kiln.schemas;

/** The schema registry failed or did not answer. The message names its address and the request. */
public class SchemaRegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SchemaRegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
