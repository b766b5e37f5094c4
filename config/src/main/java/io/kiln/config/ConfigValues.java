package io.kiln.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads one YAML value as the type of a record component. Every message says what is allowed. */
final class ConfigValues {
    private static final String RANGES =
            "a pair of numbers, such as [0, 10000], or a list of pairs, one per channel";

    private ConfigValues() {}

    /**
     * Reads a value.
     *
     * @throws IllegalArgumentException if the value is not allowed; the message continues the word
     *     "expected"
     */
    static Object read(JsonNode node, RecordComponent component, Key key) {
        Class<?> type = component.getType();
        if (type == List.class) {
            return list(node, elementType(component), key);
        }
        if (type == Map.class) {
            return map(node);
        }
        return scalar(node, type, key);
    }

    private static Object scalar(JsonNode node, Class<?> type, Key key) {
        if (type == int.class || type == Integer.class) {
            return (int) integer(node, key, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (type == long.class) {
            return integer(node, key, Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (type == double.class || type == Double.class) {
            return number(node, key);
        }
        if (type == boolean.class) {
            return bool(node);
        }
        if (type.isEnum()) {
            return constant(node, type);
        }
        if (type == Duration.class) {
            return duration(node, key);
        }
        if (type == DataSize.class) {
            return dataSize(node, key);
        }
        if (type == String.class) {
            require(node.isValueNode(), "text");
            require(
                    key.secret() || !Secrets.hasReference(node.asText()),
                    "the value itself; references such as ${env:NAME} are resolved in kafka.properties,"
                            + " registry.properties, and user and password of registry.url");
            return node.asText();
        }
        throw new LinkageError("cannot read a " + type.getName() + " from the configuration");
    }

    private static long integer(JsonNode node, Key key, long lowest, long highest) {
        String expected = "a whole number" + range(key);
        require(node.isIntegralNumber() && node.canConvertToLong(), expected);
        require(node.asLong() >= lowest && node.asLong() <= highest, expected);
        require(isInRange(node.asLong(), key), expected);
        return node.asLong();
    }

    private static double number(JsonNode node, Key key) {
        double value = node.asDouble();
        require(
                node.isNumber() && Double.isFinite(value) && isInRange(value, key),
                "a number" + range(key));
        return value;
    }

    private static boolean isInRange(double value, Key key) {
        return value >= key.min() && value <= key.max();
    }

    private static boolean bool(JsonNode node) {
        require(node.isBoolean(), "true or false");
        return node.asBoolean();
    }

    private static Object constant(JsonNode node, Class<?> type) {
        Object[] constants = type.getEnumConstants();
        return Arrays.stream(constants)
                .filter(c -> spelling(c).equals(node.asText()))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "one of "
                                                + Arrays.stream(constants)
                                                        .map(ConfigValues::spelling)
                                                        .collect(Collectors.joining(", "))));
    }

    private static Duration duration(JsonNode node, Key key) {
        String expected = "a duration such as 500ms, 10s, 5m or 2h" + range(key, " seconds");
        Duration duration = Durations.parse(node.asText(), expected);
        require(isInRange(duration.getSeconds() + duration.getNano() / 1e9, key), expected);
        return duration;
    }

    private static DataSize dataSize(JsonNode node, Key key) {
        String expected = "a size such as 65536, 512KiB or 16MiB" + range(key, " bytes");
        DataSize size = DataSize.parse(node.asText(), expected);
        require(isInRange(size.bytes(), key), expected);
        return size;
    }

    private static List<Object> list(JsonNode node, Class<?> element, Key key) {
        List<Object> values = new ArrayList<>();
        if (node.isTextual() && node.asText().isEmpty()) {
            return List.of();
        }
        if (element == ValueRange.class) {
            return ranges(node);
        }
        require(node.isArray(), "a list, such as [1, 2]");
        node.forEach(n -> values.add(scalar(n, element, key)));
        return List.copyOf(values);
    }

    /** One pair of numbers, or a list of pairs. */
    private static List<Object> ranges(JsonNode node) {
        if (node.isArray() && !node.isEmpty() && node.get(0).isNumber()) {
            return List.of(range(node));
        }
        require(node.isArray(), RANGES);
        List<Object> ranges = new ArrayList<>();
        node.forEach(pair -> ranges.add(range(pair)));
        return List.copyOf(ranges);
    }

    private static ValueRange range(JsonNode pair) {
        boolean two = pair.isArray() && pair.size() == 2;
        require(two && pair.get(0).isNumber() && pair.get(1).isNumber(), RANGES);
        return new ValueRange(pair.get(0).asDouble(), pair.get(1).asDouble());
    }

    private static Map<String, String> map(JsonNode node) {
        Map<String, String> values = new LinkedHashMap<>();
        if (node.isTextual() && node.asText().isEmpty()) {
            return Map.of();
        }
        String expected = "names with values, such as {a: b}; write a dotted name as one key";
        require(node.isObject(), expected);
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            require(entry.getValue().isValueNode() && !entry.getValue().isNull(), expected);
            values.put(entry.getKey(), entry.getValue().asText());
        }
        return Map.copyOf(values);
    }

    static Class<?> elementType(RecordComponent component) {
        Type[] arguments =
                ((ParameterizedType) component.getGenericType()).getActualTypeArguments();
        return (Class<?>) arguments[0];
    }

    /**
     * An enum constant as it is written in YAML: {@code WARMUP_STABLE_DECAY} is {@code
     * warmup-stable-decay}.
     */
    static String spelling(Object constant) {
        return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String range(Key key) {
        return range(key, "");
    }

    static String range(Key key, String unit) {
        boolean low = key.min() != Double.NEGATIVE_INFINITY;
        boolean high = key.max() != Double.POSITIVE_INFINITY;
        if (low && high) {
            return key.min() == key.max()
                    ? " equal to " + plain(key.min()) + unit
                    : " from " + plain(key.min()) + " to " + plain(key.max()) + unit;
        }
        if (low) {
            return " of at least " + plain(key.min()) + unit;
        }
        return high ? " of at most " + plain(key.max()) + unit : "";
    }

    private static String plain(double number) {
        return new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
    }

    private static void require(boolean condition, String expected) {
        if (!condition) {
            throw new IllegalArgumentException(expected);
        }
    }
}
