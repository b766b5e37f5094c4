package io.kiln.operations.report;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the lines of a chart are.
 *
 * @param keys in the order in which they are shown
 */
record Legend(List<Key> keys) {
    /**
     * What one kind of line is.
     *
     * @param style name of the CSS class that such lines have
     */
    record Key(String style, String words) {}

    /** No words. */
    static final Legend NONE = new Legend(List.of());

    static Legend of(Key... keys) {
        return new Legend(List.of(keys));
    }

    /**
     * The legend as HTML, with the keys of lines that are there.
     *
     * @param there CSS classes of the lines of the chart
     */
    String html(Set<String> there) {
        String shown =
                keys.stream()
                        .filter(key -> there.contains(key.style))
                        .map(Legend::html)
                        .collect(Collectors.joining());
        return shown.isEmpty() ? "" : "<p class=\"legend\">" + shown + "</p>";
    }

    private static String html(Key key) {
        return "<span><i class=\"key " + key.style + "\"></i>" + Html.escape(key.words) + "</span>";
    }
}
