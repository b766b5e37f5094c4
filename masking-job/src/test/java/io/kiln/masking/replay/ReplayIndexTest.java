package io.kiln.masking.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplayIndexTest {
    @Test
    void imagesKeepTheirOrderAndTheirNumbers() {
        ReplayIndex index =
                ReplayIndex.EMPTY.sawOne().with(7, 0, 100, 2).sawOne().with(9, 0, 50, 2);
        index = index.withNextView(0, 4).sawOne().with(12, 0, 25, 2).without(1);
        assertThat(index.offsets()).containsExactly(7, 12);
        assertThat(index.lengths()).containsExactly(100, 25);
        assertThat(index.nextViews()).containsExactly(4, 2);
        assertThat(index.bytes()).isEqualTo(125);
        assertThat(index.seen()).isEqualTo(3);
    }

    /** Hashes of few bits, so that many distances are equal. */
    @Test
    void distancesAreKeptUpAsIfTheyWereComputedAnew() {
        Random random = new Random(5);
        ReplayIndex index = ReplayIndex.EMPTY.withNearest();
        for (int i = 0; i < 400; i++) {
            if (index.held() > 0 && random.nextInt(3) == 0) {
                index = index.without(random.nextInt(index.held()));
            } else {
                index = index.with(i, random.nextLong() & 0x0f0f0fL, 1, 1);
            }
            ReplayIndex anew = index.withoutNearest();
            assertThat(index.nearest())
                    .isEqualTo(index.held() == 0 ? new int[0] : anew.withNearest().nearest());
        }
        assertThat(index.held()).isGreaterThan(50);
    }

    @Test
    void theMostRedundantIsTheOldestOfThoseNearestToAnother() {
        ReplayIndex index =
                ReplayIndex.EMPTY
                        .withNearest()
                        .with(1, 0b0000_1111, 1, 1)
                        .with(2, 0b1111_0000, 1, 1)
                        .with(3, 0b1111_0001, 1, 1)
                        .with(4, ~0L, 1, 1);
        assertThat(index.nearest()).containsExactly(7, 1, 1, 59);
        assertThat(index.offsets()[index.mostRedundant()]).isEqualTo(2);
        assertThat(index.without(1).nearest()).containsExactly(7, 7, 59);
    }
}
