package io.kiln.operations.report;

import java.util.ArrayList;
import java.util.List;

/** Chooses some of many. */
final class Spread {
    private Spread() {}

    /** At most so many elements, evenly spread, the first and the last among them. */
    static <T> List<T> over(List<T> all, int most) {
        if (all.size() <= most) {
            return all;
        }
        List<T> chosen = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            chosen.add(all.get((int) Math.round(i * (all.size() - 1.0) / (most - 1))));
        }
        return chosen;
    }
}
