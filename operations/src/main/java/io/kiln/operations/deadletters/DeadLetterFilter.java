package io.kiln.operations.deadletters;

import java.time.Instant;
import java.util.Set;

/**
 * Selects the dead letters that fulfil all conditions.
 *
 * @param offsets offsets in the dead-letter topic; empty for any
 * @param reasons names of {@link io.kiln.schemas.DeadLetterReason}; empty for any
 * @param since earliest time, inclusive
 * @param until latest time, exclusive
 * @param source text that the source of the image contains; empty for any
 */
public record DeadLetterFilter(
        Set<Long> offsets, Set<String> reasons, Instant since, Instant until, String source) {
    public DeadLetterFilter {
        offsets = Set.copyOf(offsets);
        reasons = Set.copyOf(reasons);
        if (!since.isBefore(until)) {
            throw new IllegalArgumentException(
                    "--since "
                            + since
                            + " is not allowed; expected a time before --until "
                            + until);
        }
    }

    /** Selects all dead letters. */
    public static DeadLetterFilter any() {
        return new DeadLetterFilter(Set.of(), Set.of(), Instant.MIN, Instant.MAX, "");
    }

    /** Whether all dead letters are selected. */
    public boolean isAny() {
        return equals(any());
    }

    boolean matches(DeadLetterRecord deadLetter) {
        return (offsets.isEmpty() || offsets.contains(deadLetter.offset()))
                && (reasons.isEmpty() || reasons.contains(deadLetter.reason()))
                && !deadLetter.time().isBefore(since)
                && deadLetter.time().isBefore(until)
                && deadLetter.source().contains(source);
    }
}
