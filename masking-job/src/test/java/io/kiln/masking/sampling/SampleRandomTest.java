package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.SampleRandom.Purpose;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SampleRandomTest {
    /** Computed by a second implementation in another language. Never to be changed. */
    @Test
    void numbersAreTheSameForEver() {
        SampleRandom first =
                new SampleRandom(Purpose.AUGMENTATION, 42, new Position("images", 3, 17), 0);
        assertThat(first.next()).isEqualTo(0x92d6fbeeaa94b46eL);
        assertThat(first.next()).isEqualTo(0x08aa073c47035ec4L);
        assertThat(first.next()).isEqualTo(0xe99c0677d8c8f872L);
        assertThat(first.next()).isEqualTo(0xca487a54e4091f64L);
        SampleRandom second =
                new SampleRandom(Purpose.MASK, -1, new Position("caf\u00E9", 0, 1L << 40), 2);
        assertThat(second.next()).isEqualTo(0x70222296286b62ccL);
        assertThat(second.next()).isEqualTo(0x92734d296d3f63e0L);
        SampleRandom ofImage = SampleRandom.ofImage(Purpose.HOLDOUT_MASK, 42, "caf\u00E9");
        assertThat(ofImage.next()).isEqualTo(0xe8526fc5be123f36L);
    }

    @Test
    void everyPartOfTheTupleAndThePurposeMatter() {
        Position position = new Position("images", 1, 2);
        Set<Long> firsts = new HashSet<>();
        firsts.add(new SampleRandom(Purpose.MASK, 7, position, 0).next());
        firsts.add(new SampleRandom(Purpose.AUGMENTATION, 7, position, 0).next());
        firsts.add(new SampleRandom(Purpose.MASK, 8, position, 0).next());
        firsts.add(new SampleRandom(Purpose.MASK, 7, position, 1).next());
        firsts.add(new SampleRandom(Purpose.MASK, 7, new Position("image", 1, 2), 0).next());
        firsts.add(new SampleRandom(Purpose.MASK, 7, new Position("images", 0, 2), 0).next());
        firsts.add(new SampleRandom(Purpose.MASK, 7, new Position("images", 1, 3), 0).next());
        assertThat(firsts).hasSize(7);
    }

    @Test
    void boundedNumbersAreUniform() {
        SampleRandom random = new SampleRandom(Purpose.MASK, 1, new Position("images", 0, 0), 0);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) {
            counts[random.below(7)]++;
        }
        for (int count : counts) {
            // Six standard deviations of a binomial distribution.
            assertThat(count).isBetween(10_000 - 556, 10_000 + 556);
        }
        assertThat(random.below(1)).isZero();
        assertThatThrownBy(() -> random.below(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("bound 0 is not allowed; expected at least 1");
    }

    @Test
    void uniformNumbersFillTheirInterval() {
        SampleRandom random = new SampleRandom(Purpose.MASK, 2, new Position("images", 0, 0), 0);
        double sum = 0;
        for (int i = 0; i < 10_000; i++) {
            double drawn = random.uniform(2, 4);
            assertThat(drawn).isBetween(2.0, 4.0);
            sum += drawn;
        }
        assertThat(sum / 10_000).isBetween(2.96, 3.04);
    }
}
