package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.masking.records.Position;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReplayDrawTest {
    private static ReplayDraw draw(long offset) {
        return new ReplayDraw(42, new Position("images", 1, offset));
    }

    @Test
    void drawsAreFunctionsOfThePositionAndMustNotChange() {
        assertThat(draw(10).along(1000, 4)).containsExactly(draw(10).along(1000, 4));
        assertThat(draw(10).along(1000, 4)).isNotEqualTo(draw(11).along(1000, 4));
        assertThat(draw(10).along(1000, 4)).containsExactly(863, 280, 551, 94);
        assertThat(draw(10).leaves(1000)).isEqualTo(315);
    }

    @Test
    void noImageGoesAlongTwiceAndAllDoEquallyOften() {
        int[] counts = new int[10];
        for (int i = 0; i < 3000; i++) {
            int[] places = draw(i).along(10, 3);
            assertThat(places).hasSize(3).doesNotHaveDuplicates();
            Arrays.stream(places).forEach(place -> counts[place]++);
        }
        // 900 each is expected, with a standard deviation of 25.
        assertThat(Arrays.stream(counts).boxed()).allMatch(count -> count > 800 && count < 1000);
        assertThat(draw(0).along(2, 3)).containsExactlyInAnyOrder(0, 1);
        assertThat(draw(0).along(0, 3)).isEmpty();
    }

    @Test
    void imagesEnterAsOftenAsAnEvenSampleOfTheStreamDemands() {
        long entered = LongStream.range(0, 4000).filter(i -> draw(i).enters(10, 40)).count();
        assertThat(entered).isBetween(880L, 1120L); // 1000, with a standard deviation of 27
        assertThat(draw(0).enters(10, 10)).isTrue();
    }
}
