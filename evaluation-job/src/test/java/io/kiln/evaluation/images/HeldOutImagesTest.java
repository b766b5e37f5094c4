package io.kiln.evaluation.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kiln.model.batch.MaskedBatch;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeldOutImagesTest {
    private static List<SparseBatch> images(int from, int to) {
        return IntStream.range(from, to).mapToObj(TestImages::one).toList();
    }

    @Test
    void recordsOfOneImageEachAreJoinedAsTheMaskingJobJoinsABatch() {
        SparseBatch whole = TestImages.batch(3, 5);
        MaskedBatch joined = HeldOutImages.fitting(images(3, 8), TestImages.input()).batch();
        assertThat(joined.grid().images()).isEqualTo(5);
        assertThat(joined.visiblePatches()).isEqualTo(whole.getVisiblePatches());
        assertThat(joined.maskedPatches()).isEqualTo(whole.getMaskedPatches());
        ByteBuffer rows = whole.getCoordinates().order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (int cell : joined.grid().activePatches()) {
            assertThat(cell).isEqualTo(rows.getInt() * 4 + rows.getInt() * 2 + rows.getInt());
        }
        assertThat(rows.hasRemaining()).isFalse();
    }

    @Test
    void wholeImagesAreTheirPatchesPutTogetherAndNormalised() {
        InputSpec input = TestImages.input();
        float[] pixels = HeldOutImages.fitting(images(3, 5), input).pixels(input);
        assertThat(pixels).hasSize(2 * 3 * 64 * 64);
        for (int i = 0; i < pixels.length; i++) {
            int channel = i / (64 * 64) % 3;
            int sample =
                    TestImages.sample(3 + i / (3 * 64 * 64), i / 64 % 64, i % 64, channel) & 0xff;
            double expected =
                    (sample / 255.0 - input.getMean().get(channel)) / input.getStd().get(channel);
            assertThat(pixels[i]).isEqualTo((float) expected);
        }
    }

    @Test
    void secondViewsAreCropsThatTheIdsPlace() {
        InputSpec input = TestImages.input();
        HeldOutImages two = HeldOutImages.fitting(images(3, 5), input);
        float[] views = two.secondViews(input);
        assertThat(views).isEqualTo(two.secondViews(input)).isNotEqualTo(two.pixels(input));
        assertThat(HeldOutImages.fitting(images(4, 5), input).secondViews(input))
                .as("whatever images are beside it")
                .isEqualTo(Arrays.copyOfRange(views, views.length / 2, views.length));
    }

    /** A ramp stays a ramp, five sixths as steep, between the values at the crop's borders. */
    @Test
    void aCropIsEnlargedLinearly() {
        int side = 60;
        float[] ramp = new float[2 * side * side];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = i / (side * side) + i % side; // the second channel is higher by 1
        }
        float[] view = new float[ramp.length];
        for (String id : List.of("a", "b", "c")) {
            SecondView crop = new SecondView(id, side, side);
            crop.apply(ramp, view, 0);
            crop.apply(ramp, view, side * side);
            for (int i = 1; i < side * side; i++) {
                assertThat(view[side * side + i]).isCloseTo(view[i] + 1, within(1e-4f));
                boolean inside = i % side > 1 && i % side < side - 1;
                if (inside) {
                    assertThat(view[i] - view[i - 1]).isCloseTo(5f / 6, within(1e-4f));
                }
            }
            assertThat(view[0]).isBetween(0f, side / 6f);
            assertThat(view[side - 1]).isBetween(side * 5f / 6 - 1, side - 1f);
        }
    }

    @Test
    void theLastAreInTheirOrder() {
        HeldOutImages all = HeldOutImages.fitting(images(0, 5), TestImages.input());
        assertThat(all.last(2).ids()).isEqualTo(all.ids().subList(3, 5));
        assertThat(all.last(9).ids()).isEqualTo(all.ids());
    }

    @Test
    void partsAreFewAndOfNearlyOneSize() {
        HeldOutImages all = HeldOutImages.fitting(images(0, 23), TestImages.input());
        assertThat(all.parts(8)).extracting(HeldOutImages::size).containsExactly(7, 8, 8);
        assertThat(all.parts(23)).hasSize(1);
        assertThat(HeldOutImages.fitting(List.of(), TestImages.input()).parts(8)).isEmpty();
    }

    @Test
    void idIsThatOfTheIdsWhateverTheirOrder() {
        List<SparseBatch> some = images(0, 5);
        List<SparseBatch> turned = IntStream.of(4, 2, 0, 1, 3).mapToObj(some::get).toList();
        String id = HeldOutImages.fitting(some, TestImages.input()).id();
        assertThat(HeldOutImages.fitting(turned, TestImages.input()).id()).isEqualTo(id);
        assertThat(HeldOutImages.fitting(images(0, 4), TestImages.input()).id()).isNotEqualTo(id);
    }

    @Test
    void imagesOfAnotherInputAreLeftOut() {
        InputSpec wider = InputSpec.newBuilder(TestImages.input()).setWidth(96).build();
        InputSpec deeper = InputSpec.newBuilder(TestImages.input()).setSampleBits(16).build();
        assertThat(HeldOutImages.fitting(images(0, 5), wider).size()).isZero();
        assertThat(HeldOutImages.fitting(images(0, 5), deeper).size()).isZero();
    }

    @Test
    void theKindOfMostImagesCounts() {
        List<SparseBatch> all = new ArrayList<>(images(0, 20));
        SparseBatch other = TestImages.one(20);
        other.put("maskRatio", 0.75);
        all.add(other);
        List<String> ids = HeldOutImages.fitting(all, TestImages.input()).ids();
        assertThat(ids).hasSize(20).doesNotContain("image 20");
        assertThat(HeldOutImages.fitting(all.subList(19, 21), TestImages.input()).ids())
                .as("of as many, the later")
                .containsExactly("image 20");
    }

    /** Keys spread ids evenly: of 20,000, a tenth has the lowest tenth of the keys. */
    @Test
    void anchorKeysAreEvenAndTheirOwn() {
        TreeSet<Long> keys = new TreeSet<>();
        int low = 0;
        for (int i = 0; i < 20_000; i++) {
            long key = AnchorKey.of("image " + i);
            keys.add(key);
            low += key < Long.MIN_VALUE / 5 * 4 ? 1 : 0;
        }
        assertThat(keys).hasSize(20_000);
        assertThat(low).isBetween(1800, 2200);
    }
}
