package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class HoldoutTest {
    /** Computed by a second implementation in another language. Never to be changed. */
    @Test
    void theSameImagesAreHeldOutForEver() {
        Holdout fifth = new Holdout(0.2);
        List<Integer> held =
                IntStream.range(0, 60).filter(i -> fifth.holds("image " + i)).boxed().toList();
        assertThat(held).containsExactly(2, 3, 10, 19, 20, 24, 26, 29, 37, 42, 46, 50, 57);
    }

    @Test
    void theShareOfManyIdsIsHeldOut() {
        long held =
                IntStream.range(0, 100_000).filter(i -> new Holdout(0.01).holds("i" + i)).count();
        assertThat((double) held).isCloseTo(1000, Offset.offset(5 * Math.sqrt(990)));
    }

    @Test
    void aLargerShareHoldsOutAllThatASmallerOneDoes() {
        for (int i = 0; i < 1000; i++) {
            if (new Holdout(0.1).holds("i" + i)) {
                assertThat(new Holdout(0.3).holds("i" + i)).isTrue();
            }
        }
    }

    @Test
    void noShareHoldsOutNothing() {
        assertThat(IntStream.range(0, 1000).anyMatch(i -> Holdout.NONE.holds("i" + i))).isFalse();
    }
}
