package io.kiln.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Binds a YAML tree to records. It collects every problem of the whole tree, so that one attempt
 * shows all mistakes. A component that is a record is a section; every other component carries a
 * {@link Key}.
 */
final class ConfigBinder {
    private final List<String> problems = new ArrayList<>();

    /**
     * Binds a tree to a record.
     *
     * @throws ConfigException if a key is unknown, malformed or out of range; the message names all
     *     of them
     */
    static <T extends Record> T bind(JsonNode tree, Class<T> type) {
        ConfigBinder binder = new ConfigBinder();
        T bound = binder.section(tree, type, "");
        if (bound == null || !binder.problems.isEmpty()) {
            throw ConfigException.of(binder.problems);
        }
        return bound;
    }

    /** The mistakes that binding the tree would name, in their order; empty if there is none. */
    static List<String> problems(JsonNode tree, Class<? extends Record> type) {
        ConfigBinder binder = new ConfigBinder();
        binder.section(tree, type, "");
        return binder.problems;
    }

    private <T extends Record> @Nullable T section(JsonNode tree, Class<T> type, String path) {
        if (!tree.isObject()) {
            problems.add(
                    path
                            + ": expected a section with keys "
                            + names(type)
                            + ", found "
                            + YamlText.kind(tree));
            return null;
        }
        refuseUnknownKeys((ObjectNode) tree, type, path);
        int before = problems.size();
        RecordComponent[] components = type.getRecordComponents();
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = value(tree, components[i], join(path, components[i].getName()));
        }
        return problems.size() == before ? construct(type, components, values, path) : null;
    }

    private @Nullable Object value(JsonNode tree, RecordComponent component, String path) {
        JsonNode given = tree.get(component.getName());
        Class<?> type = component.getType();
        if (type.isRecord() && component.getAnnotation(Key.class) == null) {
            boolean absent = given == null || given.isNull();
            return section(
                    absent ? JsonNodeFactory.instance.objectNode() : given,
                    type.asSubclass(Record.class),
                    path);
        }
        Key key = ConfigKeys.keyOf(component);
        try {
            JsonNode node =
                    given == null || given.isNull() ? YamlText.value(key.fallback()) : given;
            return ConfigValues.read(node, component, key);
        } catch (IllegalArgumentException e) {
            String found = given == null ? "\"\"" : key.secret() ? "the value" : given.toString();
            problems.add(
                    path
                            + ": "
                            + found
                            + " is not allowed; expected "
                            + e.getMessage()
                            + " ("
                            + key.about()
                            + ")");
            return null;
        }
    }

    private <T extends Record> @Nullable T construct(
            Class<T> type, RecordComponent[] components, @Nullable Object[] values, String path) {
        try {
            Class<?>[] types =
                    Arrays.stream(components)
                            .map(RecordComponent::getType)
                            .toArray(Class<?>[]::new);
            Constructor<T> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            problems.add(
                    path.isEmpty()
                            ? String.valueOf(cause.getMessage())
                            : path + "." + cause.getMessage());
            return null;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(
                    "configuration record " + type.getName() + " cannot be constructed", e);
        }
    }

    private void refuseUnknownKeys(ObjectNode tree, Class<? extends Record> type, String path) {
        List<String> known = names(type);
        for (Iterator<String> given = tree.fieldNames(); given.hasNext(); ) {
            String name = given.next();
            if (!known.contains(name)) {
                problems.add(join(path, name) + ": unknown key" + suggestion(name, known));
            }
        }
    }

    private static String suggestion(String name, List<String> known) {
        return known.stream()
                .filter(k -> k.equalsIgnoreCase(name) || ConfigKeys.distance(k, name) <= 2)
                .findFirst()
                .map(k -> "; did you mean " + k + "?")
                .orElse("; known here: " + String.join(", ", known));
    }

    private static List<String> names(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
