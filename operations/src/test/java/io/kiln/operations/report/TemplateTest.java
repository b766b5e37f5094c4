package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TemplateTest {
    @Test
    void placesAreFilledAndWhatFillsThemIsNotLookedIntoAgain() {
        assertThat(
                        new Template("a {{x}} b {{y}} {{x}}")
                                .with("x", "{{y}} $1 \\")
                                .with("y", "2")
                                .text())
                .isEqualTo("a {{y}} $1 \\ b 2 {{y}} $1 \\");
    }

    @Test
    void aPlaceWithoutAValueIsAMistake() {
        assertThatThrownBy(() -> new Template("{{x}}").text())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("{{x}}");
    }
}
