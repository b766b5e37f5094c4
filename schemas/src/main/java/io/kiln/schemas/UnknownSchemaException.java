package io.kiln.schemas;

import org.jspecify.annotations.Nullable;

/**
 * The registry answers, but knows no schema of an id, also after a while. Either the registry lost
 * its schemas, or somebody else wrote the record. {@link RecordDeserializer} tells them apart.
 */
public final class UnknownSchemaException extends SchemaRegistryException {
    private static final long serialVersionUID = 1L;

    UnknownSchemaException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
