package io.kiln.schemas;

/** A schema that the registry's compatibility rule refuses; the message names the fields. */
public final class IncompatibleSchemaException extends SchemaRegistryException {
    private static final long serialVersionUID = 1L;

    public IncompatibleSchemaException(String message, Throwable cause) {
        super(message, cause);
    }
}
