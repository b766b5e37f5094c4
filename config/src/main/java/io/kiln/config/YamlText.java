package io.kiln.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * YAML text as a tree. Refuses what YAML allows but a reader of the file would not expect: keys
 * that stand twice, aliases, further documents. Messages name the line and hold none of the text,
 * which may be secret.
 */
final class YamlText {
    private static final ObjectMapper YAML = new YAMLMapper();

    private YamlText() {}

    /**
     * Reads a file of sections.
     *
     * @throws ConfigException if the text is not YAML, or is something else
     */
    static ObjectNode sections(String text) {
        JsonNode tree = tree(text);
        if (tree.isMissingNode() || tree.isNull()) {
            return YAML.createObjectNode();
        }
        if (tree instanceof ObjectNode object) {
            return object;
        }
        throw new ConfigException(
                "the configuration is " + kind(tree) + "; expected YAML sections with keys");
    }

    /**
     * Reads one value; empty text is an empty string.
     *
     * @throws ConfigException if the text is not YAML
     */
    static JsonNode value(String text) {
        JsonNode node = tree(text);
        return node.isMissingNode() || node.isNull() ? new TextNode("") : node;
    }

    /** What a node is, in words. */
    static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case BOOLEAN -> "true or false";
            case NUMBER -> "a number";
            case OBJECT -> "a section";
            default -> "text";
        };
    }

    private static JsonNode tree(String text) {
        try {
            requirePlain(text);
            JsonNode tree = YAML.readTree(text);
            return tree == null ? YAML.missingNode() : tree;
        } catch (JsonProcessingException e) {
            throw invalid(e);
        } catch (IOException e) {
            throw new ConfigException("not valid YAML: " + e.getMessage());
        }
    }

    private static void requirePlain(String text) throws IOException {
        Deque<Set<String>> open = new ArrayDeque<>();
        boolean ended = false;
        try (YAMLParser parser = (YAMLParser) YAML.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (ended) {
                    throw refused(parser, "a second document begins; expected one");
                }
                if (parser.isCurrentAlias() || parser.getObjectId() != null) {
                    throw refused(
                            parser, "anchors and aliases (& and *) are not read; repeat the value");
                }
                switch (token) {
                    case START_OBJECT, START_ARRAY -> open.push(new HashSet<>());
                    case END_OBJECT, END_ARRAY -> open.pop();
                    case FIELD_NAME -> requireNew(open.element(), parser);
                    default -> {}
                }
                ended = open.isEmpty();
            }
        }
    }

    private static void requireNew(Set<String> names, YAMLParser parser) throws IOException {
        if (!names.add(parser.currentName())) {
            throw refused(
                    parser, "the key " + parser.currentName() + " occurs twice; expected once");
        }
    }

    private static ConfigException refused(JsonParser parser, String why) {
        return new ConfigException(
                "line " + parser.currentTokenLocation().getLineNr() + ": " + why);
    }

    /** The parser's own words, which a snippet of the text would follow. */
    private static ConfigException invalid(JsonProcessingException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
                int line = marked.getProblemMark().getLine() + 1;
                return invalid("line " + line, marked.getProblem());
            }
        }
        JsonLocation location = e.getLocation();
        return invalid(
                location == null ? "an unknown line" : "line " + location.getLineNr(),
                String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse(""));
    }

    private static ConfigException invalid(String place, String problem) {
        return new ConfigException("not valid YAML at " + place + ": " + problem);
    }
}
