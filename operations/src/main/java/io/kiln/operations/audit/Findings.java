package io.kiln.operations.audit;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts all findings and keeps the first of them. */
final class Findings {
    /** A topic may hold millions of faulty records. */
    static final int MAX_KEPT = 1000;

    private final List<Finding> kept = new ArrayList<>();
    private final Map<Finding.Kind, Long> counts = new EnumMap<>(Finding.Kind.class);

    void add(Finding.Kind kind, String place, String message) {
        counts.merge(kind, 1L, Long::sum);
        if (kept.size() < MAX_KEPT) {
            kept.add(new Finding(kind, place, message));
        }
    }

    List<Finding> kept() {
        return List.copyOf(kept);
    }

    Map<Finding.Kind, Long> counts() {
        return Map.copyOf(counts);
    }
}
