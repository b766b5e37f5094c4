package io.kiln.operations.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

/** JSON output. */
public final class Json {
    public static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * Writes records as they are: times in ISO 8601, durations in seconds, what is empty as null.
     */
    private static final ObjectMapper RECORDS =
            JsonMapper.builder()
                    .addModules(new Jdk8Module(), new JavaTimeModule())
                    .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                    .enable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
                    .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
                    .build();

    private Json() {}

    /** A record as a tree: components by their names. */
    public static ObjectNode tree(Record value) {
        return RECORDS.valueToTree(value);
    }

    /** Formats a tree over several lines. */
    public static String pretty(JsonNode tree) {
        try {
            return Printable.lines(
                    MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tree));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of JSON cannot be written", e);
        }
    }
}
