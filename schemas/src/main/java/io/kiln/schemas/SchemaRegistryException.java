package io.kiln.schemas;

import org.jspecify.annotations.Nullable;

/** The schema registry failed or did not answer. The message names its address and the request. */
public class SchemaRegistryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SchemaRegistryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
