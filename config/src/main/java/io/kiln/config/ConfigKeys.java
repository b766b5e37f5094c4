package io.kiln.config;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The keys of a configuration record, for {@code kiln config} and the documentation. */
public final class ConfigKeys {
    /**
     * One key.
     *
     * @param path dotted name, such as masking.maskRatio
     * @param about what it is for
     * @param fallback its default, as written in YAML; empty if the default is empty
     * @param allowed type and range of its values
     * @param value its current value, as written in YAML
     */
    public record Entry(String path, String about, String fallback, String allowed, String value) {}

    private ConfigKeys() {}

    /**
     * Every key of a configuration with its current value, in the order of the records. Secrets are
     * left out.
     */
    public static List<Entry> of(KilnConfig config) {
        List<Entry> entries = new ArrayList<>();
        collect(config, "", false, entries);
        return List.copyOf(entries);
    }

    /** As {@link #of}, with secrets: for those who read the configuration, not for display. */
    public static List<Entry> withSecrets(KilnConfig config) {
        List<Entry> entries = new ArrayList<>();
        collect(config, "", true, entries);
        return List.copyOf(entries);
    }

    private static void collect(Record section, String path, boolean secrets, List<Entry> entries) {
        for (RecordComponent component : section.getClass().getRecordComponents()) {
            String name = ConfigBinder.join(path, component.getName());
            Object value = read(section, component);
            if (value instanceof Record nested && component.getAnnotation(Key.class) == null) {
                collect(nested, name, secrets, entries);
            } else {
                Key key = keyOf(component);
                entries.add(
                        new Entry(
                                name,
                                key.about(),
                                key.fallback(),
                                allowed(component, key),
                                written(key.secret() && !secrets ? shown(value) : value)));
            }
        }
    }

    @SuppressWarnings("unchecked") // maps of the configuration are of text
    private static Object shown(Object value) {
        return value instanceof Map<?, ?> map
                ? Secrets.shown((Map<String, String>) map)
                : Secrets.url(value.toString());
    }

    private static Object read(Record section, RecordComponent component) {
        try {
            return component.getAccessor().invoke(section);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("cannot read " + component, e);
        }
    }

    static Key keyOf(RecordComponent component) {
        Key key = component.getAnnotation(Key.class);
        if (key == null) {
            throw new LinkageError(
                    component.getDeclaringRecord().getName()
                            + "."
                            + component.getName()
                            + " has no @Key");
        }
        return key;
    }

    private static String allowed(RecordComponent component, Key key) {
        Class<?> type = component.getType();
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(ConfigValues::spelling)
                    .collect(Collectors.joining(" | "));
        }
        if (type == Duration.class) {
            return "duration" + ConfigValues.range(key, " seconds");
        }
        if (type == DataSize.class) {
            return "size" + ConfigValues.range(key, " bytes");
        }
        if (type == List.class) {
            if (ConfigValues.elementType(component) == ValueRange.class) {
                return "pair of numbers, or list of pairs";
            }
            String elements = kind(ConfigValues.elementType(component)) + "s";
            return "list of " + elements + ConfigValues.range(key);
        }
        return kind(type) + ConfigValues.range(key);
    }

    private static String kind(Class<?> type) {
        if (type == int.class || type == Integer.class || type == long.class) {
            return "integer";
        }
        return type == double.class || type == Double.class
                ? "number"
                : type.getSimpleName().toLowerCase(Locale.ROOT);
    }

    /** A value as written in YAML. */
    static String written(Object value) {
        if (value instanceof Duration duration) {
            return Durations.format(duration);
        }
        if (value instanceof Enum<?>) {
            return ConfigValues.spelling(value);
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(ConfigKeys::written)
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(e -> written(e.getKey()) + ": " + written(e.getValue()))
                    .sorted()
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        return value instanceof String text ? quoted(text) : String.valueOf(value);
    }

    /** A YAML scalar in double quotes. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (Character.isISOControl(c)
                    || c == '\u2028'
                    || c == '\u2029'
                    || c == '\ufeff') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /** Levenshtein distance, to suggest the key that a mistyped one may have meant. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
