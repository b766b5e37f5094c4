package io.kiln.operations.deadletters;

import java.time.Instant;
import java.util.Set;

/**
 * Which dead letters are meant: those for which all holds.
 *
 * @param offsets their names; empty for any
 * @param reasons one of these; empty for any
 * @param since not older
 * @param until older
 * @param source part of where the image came from; empty for any
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

    /** All of them. */
    public static DeadLetterFilter any() {
        return new DeadLetterFilter(Set.of(), Set.of(), Instant.MIN, Instant.MAX, "");
    }

    /** Whether nothing is left out. */
    public boolean isAny() {
        return equals(any());
    }

    boolean matches(DeadLetterRecord letter) {
        return (offsets.isEmpty() || offsets.contains(letter.offset()))
                && (reasons.isEmpty() || reasons.contains(letter.reason()))
                && !letter.time().isBefore(since)
                && letter.time().isBefore(until)
                && letter.source().contains(source);
    }
}
