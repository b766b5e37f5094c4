package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
    @Test
    void columnsAreAsWideAsTheirWidestCellAndLinesEndWithText() {
        Table table = new Table("A", "LONG");
        table.add("wide cell", "x");
        table.add("y", "");
        assertThat(table.toString().lines())
                .containsExactly("A          LONG", "wide cell  x", "y");
    }

    @Test
    void aRowOfAnotherLengthIsRefused() {
        assertThatThrownBy(() -> new Table("A", "B").add("only one"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 cells under 2");
    }
}
