package io.kiln.cli.reference;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnTopics;
import io.kiln.operations.config.ConfigDefaults;
import io.kiln.schemas.Topic;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.Schema.Type;
import org.jspecify.annotations.Nullable;

/** docs/reference/topics.md: topics, the fields of their records, the headers of dead letters. */
final class TopicsPage {
    private final KilnConfig config = KilnConfig.parse("", List.of());
    private final Map<String, Schema> nested = new LinkedHashMap<>();
    private final Markdown page =
            new Markdown("Topics and records")
                    .paragraph(
                            "`kiln topics create` creates the topics and registers the schemas of their"
                                    + " values. Values are Avro in the registry's wire format. Subjects follow"
                                    + " the topic-name strategy, compatibility is BACKWARD.");

    private TopicsPage() {}

    static String text() throws IOException {
        return new TopicsPage().fill();
    }

    private String fill() throws IOException {
        List<Topic> topics = KilnTopics.of(config.topics()).all();
        page.table(
                List.of("Topic", "Name set by", "Partitions", "Retention", "Value"),
                topics.stream().map(this::row).toList());
        for (Topic topic : topics) {
            if (topic.value() != null) {
                record(topic.name() + ": " + topic.value().getName(), 2, topic.value());
            }
        }
        deadLetters();
        return page.text();
    }

    private List<String> row(Topic topic) {
        return List.of(
                Markdown.code(topic.name()),
                keyOf(topic),
                Integer.toString(topic.partitions()),
                kept(topic.retention()),
                topic.value() == null
                        ? "the original bytes"
                        : Markdown.code(topic.value().getName()));
    }

    private String keyOf(Topic topic) {
        return ConfigKeys.of(config).stream()
                .filter(entry -> entry.path().startsWith("topics."))
                .filter(entry -> ConfigDefaults.node(entry.value()).asText().equals(topic.name()))
                .map(entry -> Markdown.code(entry.path()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no key names topic " + topic.name()));
    }

    private static String kept(@Nullable Duration retention) {
        return retention == null ? "forever" : retention.toDays() + " days (`topics.retention`)";
    }

    private void record(String heading, int level, Schema schema) {
        page.heading(level, heading).paragraph(schema.getDoc());
        page.table(
                List.of("Field", "Type", "Default", "Meaning"),
                schema.getFields().stream().map(this::row).toList());
        List<Schema> parts = List.copyOf(nested.values());
        nested.clear();
        parts.forEach(part -> part(part, level + 1));
    }

    private void part(Schema schema, int level) {
        if (schema.getType() == Type.ENUM) {
            page.heading(level, schema.getName()).paragraph(schema.getDoc());
        } else {
            record(schema.getName(), level, schema);
        }
    }

    private List<String> row(Schema.Field field) {
        return List.of(
                Markdown.code(field.name()), type(field.schema()), fallback(field), field.doc());
    }

    private static String fallback(Schema.Field field) {
        if (!field.hasDefaultValue()) {
            return "";
        }
        Object value = field.defaultVal();
        return Markdown.code(
                value == org.apache.avro.JsonProperties.NULL_VALUE ? "null" : value.toString());
    }

    /** A type in words; records and enumerations are described after the table. */
    private String type(Schema schema) {
        return switch (schema.getType()) {
            case UNION ->
                    schema.getTypes().stream().map(this::type).collect(Collectors.joining(" or "));
            case ARRAY -> "array of " + type(schema.getElementType());
            case MAP -> "map of " + type(schema.getValueType());
            case RECORD, ENUM -> {
                nested.put(schema.getName(), schema);
                yield Markdown.code(schema.getName());
            }
            default ->
                    schema.getLogicalType() == null
                            ? schema.getName()
                            : schema.getName() + " (" + schema.getLogicalType().getName() + ")";
        };
    }

    private void deadLetters() throws IOException {
        page.heading(2, config.topics().deadLetters() + ": dead letters")
                .paragraph(
                        "A dead letter has the key and the value of the record that could not be used, byte"
                                + " for byte. Headers, UTF-8 text, state the reason.");
        List<List<String>> headers = new ArrayList<>();
        SourceComments.of("schemas", "DeadLetterHeaders")
                .constants()
                .forEach((header, comment) -> headers.add(List.of(Markdown.code(header), comment)));
        page.table(List.of("Header", "Meaning"), headers);
        page.paragraph("The header `kiln-reason` holds one of these names:");
        List<List<String>> reasons = new ArrayList<>();
        SourceComments.of("schemas", "DeadLetterReason")
                .members()
                .forEach((name, comment) -> reasons.add(List.of(Markdown.code(name), comment)));
        page.table(List.of("Reason", "Meaning"), reasons);
    }
}
