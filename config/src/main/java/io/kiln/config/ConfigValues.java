package io.kiln.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads one YAML value as the type of a record component. Every message says what would have been
 * allowed.
 */
final class ConfigValues {
    private ConfigValues() {}

    /**
     * @throws IllegalArgumentException whose message is what was expected, fit to follow "expected
     *     "
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
            return inRange(number(node, key), key);
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
            return node.asText();
        }
        throw new LinkageError("no way to read a " + type.getName() + " from the configuration");
    }

    private static long integer(JsonNode node, Key key, long lowest, long highest) {
        boolean whole = node.isIntegralNumber() && node.canConvertToLong();
        require(
                whole && node.asLong() >= lowest && node.asLong() <= highest,
                "a whole number" + range(key));
        inRange(node.asLong(), key);
        return node.asLong();
    }

    private static double number(JsonNode node, Key key) {
        require(node.isNumber(), "a number" + range(key));
        return node.asDouble();
    }

    private static double inRange(double value, Key key) {
        require(value >= key.min() && value <= key.max(), "a number" + range(key));
        return value;
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
        require(
                duration.toNanos() / 1e9 >= key.min() && duration.toNanos() / 1e9 <= key.max(),
                expected);
        return duration;
    }

    private static DataSize dataSize(JsonNode node, Key key) {
        String expected = "a size such as 65536, 512KiB or 16MiB" + range(key, " bytes");
        DataSize size = DataSize.parse(node.asText(), expected);
        require(size.bytes() >= key.min() && size.bytes() <= key.max(), expected);
        return size;
    }

    private static List<Object> list(JsonNode node, Class<?> element, Key key) {
        List<Object> values = new ArrayList<>();
        if (node.isTextual() && node.asText().isEmpty()) {
            return List.of();
        }
        require(node.isArray(), "a list, such as [1, 2]");
        node.forEach(n -> values.add(scalar(n, element, key)));
        return List.copyOf(values);
    }

    private static Map<String, String> map(JsonNode node) {
        Map<String, String> values = new LinkedHashMap<>();
        if (node.isTextual() && node.asText().isEmpty()) {
            return Map.of();
        }
        require(node.isObject(), "names with values, such as {a: b}");
        node.properties().forEach(e -> values.put(e.getKey(), e.getValue().asText()));
        return Map.copyOf(values);
    }

    private static Class<?> elementType(RecordComponent component) {
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
        if (!low && !high) {
            return "";
        }
        String from = low ? " from " + plain(key.min()) : "";
        String to = high ? (low ? " to " : " up to ") + plain(key.max()) : " upwards";
        return from + to + unit;
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    private static void require(boolean condition, String expected) {
        if (!condition) {
            throw new IllegalArgumentException(expected);
        }
    }
}
