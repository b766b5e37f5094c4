package io.kiln.demo;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * When a demo was resumed.
 *
 * @param millis each time, in milliseconds since 1970, in order
 * @param record what it has done
 */
record Resumptions(List<Long> millis, RunRecord record) {
    Resumptions {
        millis = List.copyOf(millis);
    }

    /** Whether there was none. */
    boolean isEmpty() {
        return millis.isEmpty();
    }

    /** Steps before the last one; empty if there was none. */
    OptionalLong stepsBefore() {
        return isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(record.stepBefore(millis.get(millis.size() - 1)));
    }

    /** Whether no step has been taken since; the record may then lack earlier ones too. */
    boolean isPending() {
        return !isEmpty() && record.counts().step() <= stepsBefore().orElse(0);
    }

    /** Where the run was resumed, a sentence for each time. */
    String sentences() {
        return millis.stream()
                .map(time -> " Resumed after step " + record.stepBefore(time) + ".")
                .collect(Collectors.joining());
    }
}
