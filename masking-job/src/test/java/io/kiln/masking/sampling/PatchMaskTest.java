package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.SampleRandom.Purpose;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatchMaskTest {
    /** Computed by a second implementation in another language. Never to be changed. */
    @Test
    void masksAreTheSameForEver() {
        assertThat(PatchMask.draw(random(17, 0), 49, 20))
                .containsExactly(
                        4, 8, 9, 11, 12, 15, 16, 17, 20, 22, 24, 25, 27, 33, 38, 40, 44, 45, 46,
                        47);
        assertThat(PatchMask.draw(random(17, 1), 9, 4)).containsExactly(0, 2, 4, 5);
    }

    @Test
    void everySubsetIsEquallyLikely() {
        Map<String, Integer> counts = new HashMap<>();
        for (int offset = 0; offset < 10_000; offset++) {
            counts.merge(Arrays.toString(PatchMask.draw(random(offset, 0), 5, 2)), 1, Integer::sum);
        }
        assertThat(counts).hasSize(10);
        // Five standard deviations of a binomial distribution.
        assertThat(counts.values()).allSatisfy(n -> assertThat(n).isBetween(850, 1150));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 9, 10})
    void masksWithoutActiveOrWithoutMaskedPatchesAreRefused(int keep) {
        assertThatThrownBy(() -> PatchMask.draw(random(0, 0), 9, keep))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("keep " + keep + " is not allowed; expected 1 to 8");
    }

    private static SampleRandom random(long offset, int view) {
        return new SampleRandom(Purpose.MASK, 42, new Position("images", 3, offset), view);
    }
}
