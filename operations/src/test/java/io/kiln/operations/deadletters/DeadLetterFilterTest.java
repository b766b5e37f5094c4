package io.kiln.operations.deadletters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeadLetterFilterTest {
    private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

    private static final DeadLetterRecord LETTER =
            new DeadLetterRecord(
                    17,
                    NOON,
                    "TRUNCATED",
                    "cut",
                    "images",
                    1,
                    9,
                    "file:/a/b.jpg",
                    "id",
                    5,
                    0,
                    false);

    private static DeadLetterFilter between(Instant since, Instant until) {
        return new DeadLetterFilter(Set.of(), Set.of(), since, until, "");
    }

    @Test
    void withoutConditionsAllAreMeant() {
        assertThat(DeadLetterFilter.any().matches(LETTER)).isTrue();
        assertThat(DeadLetterFilter.any().isAny()).isTrue();
    }

    @Test
    void allConditionsMustHold() {
        Set<Long> offsets = Set.of(17L);
        Set<String> reasons = Set.of("TRUNCATED");
        assertThat(filter(offsets, reasons, "/a/")).isTrue();
        assertThat(filter(Set.of(18L), reasons, "/a/")).isFalse();
        assertThat(filter(offsets, Set.of("UNSUPPORTED"), "/a/")).isFalse();
        assertThat(filter(offsets, reasons, "/c/")).isFalse();
    }

    private static boolean filter(Set<Long> offsets, Set<String> reasons, String source) {
        return new DeadLetterFilter(offsets, reasons, Instant.MIN, Instant.MAX, source)
                .matches(LETTER);
    }

    @Test
    void aPeriodHoldsItsBeginAndNotItsEnd() {
        assertThat(between(NOON, NOON.plusSeconds(1)).matches(LETTER)).isTrue();
        assertThat(between(NOON.minusSeconds(1), NOON).matches(LETTER)).isFalse();
    }

    @Test
    void aPeriodThatEndsBeforeItBeginsIsRefused() {
        assertThatThrownBy(() -> between(NOON, NOON.minusSeconds(1)))
                .hasMessageContaining("expected a time before --until");
    }
}
