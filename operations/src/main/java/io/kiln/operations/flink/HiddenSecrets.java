package io.kiln.operations.flink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.ConfigKeys;
import io.kiln.config.ConfigKeys.Entry;
import io.kiln.config.KilnConfig;
import io.kiln.config.Secrets;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Puts today's secrets into values that Flink shows without theirs. */
final class HiddenSecrets {
    private final Map<String, String> shown;
    private final Map<String, String> whole;

    /** Secrets of this configuration. */
    HiddenSecrets(KilnConfig config) {
        shown = values(ConfigKeys.of(config));
        whole = values(ConfigKeys.withSecrets(config));
    }

    private static Map<String, String> values(List<Entry> entries) {
        return entries.stream().collect(Collectors.toMap(Entry::path, Entry::value));
    }

    /**
     * A value as it was, as far as it is shown, with today's secrets where they are not. An entry
     * of a map that is hidden and that today's map lacks is left out.
     *
     * @param key dotted name, of any version of Kiln
     * @param value as Flink shows it
     */
    String restore(String key, String value) {
        String today = whole.get(key);
        if (today == null) {
            return value;
        }
        if (value.equals(shown.get(key))) {
            return today;
        }
        if (today.equals(shown.get(key)) && !value.contains(Secrets.HIDDEN)) {
            return value; // no secret
        }
        if (value.startsWith("{")) {
            return withEntries(read(key, value), read(key, today)).toString();
        }
        return value.contains(Secrets.HIDDEN) ? today : withUserInfo(key, value, today);
    }

    private static JsonNode withEntries(JsonNode map, JsonNode today) {
        ObjectNode restored = Json.MAPPER.createObjectNode();
        map.properties()
                .forEach(
                        entry -> {
                            boolean hidden = entry.getValue().asText().equals(Secrets.HIDDEN);
                            JsonNode value = hidden ? today.get(entry.getKey()) : entry.getValue();
                            if (value != null) {
                                restored.set(entry.getKey(), value);
                            }
                        });
        return restored;
    }

    /** The host may have changed; user and password are left out of what is shown. */
    private static String withUserInfo(String key, String url, String today) {
        return Json.MAPPER
                .getNodeFactory()
                .textNode(Secrets.withUserInfo(read(key, url).asText(), read(key, today).asText()))
                .toString();
    }

    /** Texts and maps of texts are written in YAML as in JSON. */
    static JsonNode read(String key, String value) {
        try {
            return Json.MAPPER.readTree(value);
        } catch (JsonProcessingException e) {
            throw new OperationException(
                    "Flink shows "
                            + key
                            + " as a value"
                            + " that is neither a map nor a text in double quotes",
                    e);
        }
    }
}
