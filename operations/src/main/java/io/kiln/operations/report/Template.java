package io.kiln.operations.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text with placeholders such as {{name}}. Values are not scanned for placeholders. */
final class Template {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

    private final String text;
    private final Map<String, String> values = new HashMap<>();

    Template(String text) {
        this.text = text;
    }

    /** A template from the resources of this package. */
    static Template resource(String name) {
        try (InputStream in = Template.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing beside " + Template.class);
            }
            return new Template(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("the template " + name + " cannot be read", e);
        }
    }

    Template with(String name, String value) {
        values.put(name, value);
        return this;
    }

    /**
     * Replaces all placeholders.
     *
     * @throws IllegalStateException if a placeholder has no value
     */
    String text() {
        return PLACEHOLDER
                .matcher(text)
                .replaceAll(
                        place -> {
                            String value = values.get(place.group(1));
                            if (value == null) {
                                throw new IllegalStateException("no value for " + place.group());
                            }
                            return Matcher.quoteReplacement(value);
                        });
    }
}
