package io.kiln.schemas;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/** Says in words why a reader's schema cannot read what a writer's schema wrote. */
final class SchemaDifferences {
    private SchemaDifferences() {}

    /** What stands in the way; the registry's own words if nothing is found here. */
    static String explained(Schema reader, Schema writer, Exception refusal) {
        List<String> differences = between(reader, writer);
        return differences.isEmpty()
                ? String.valueOf(refusal.getMessage())
                : String.join("; ", differences);
    }

    /** One line for each field that stands in the way; empty if there is none. */
    static List<String> between(Schema reader, Schema writer) {
        return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                .getResult()
                .getIncompatibilities()
                .stream()
                .map(difference -> describe(difference, reader))
                .toList();
    }

    private static String describe(Incompatibility difference, Schema reader) {
        String detail = difference.getMessage();
        return switch (difference.getType()) {
            case READER_FIELD_MISSING_DEFAULT_VALUE ->
                    "field "
                            + reader.getName()
                            + "."
                            + detail
                            + " is new and has no default, so records written before cannot be read";
            case TYPE_MISMATCH -> "at " + difference.getLocation() + " the type changed: " + detail;
            default ->
                    "at "
                            + difference.getLocation()
                            + ": "
                            + difference.getType()
                            + " ("
                            + detail
                            + ")";
        };
    }
}
