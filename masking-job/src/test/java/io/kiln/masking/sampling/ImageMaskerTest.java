package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.InputConfig;
import io.kiln.images.Bitmap;
import io.kiln.images.Crop;
import io.kiln.images.Resampler;
import io.kiln.images.TestImages;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageMaskerTest {
    private static final Bitmap IMAGE = TestImages.scene(90, 140);
    private static final Position POSITION = new Position("images", 1, 23);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7})
    void visibleAndMaskedPatchesTogetherAreTheCroppedImage(int channels) {
        MaskingPlan plan = Plans.ofChannels(channels, 3);
        Bitmap decoded = TestImages.noise(90, 140, channels, 5);
        MaskedImage masked = new ImageMasker(plan).mask(POSITION, "id", 0, decoded);
        assertThat(masked.views()).hasSize(3);
        for (MaskedView view : masked.views()) {
            Bitmap image = Resampler.cropAndResize(decoded, view.crop(), 64, 96);
            if (view.flipped()) {
                Resampler.flip(image);
            }
            assertThat(view.active()).hasSize(2).isSorted().doesNotHaveDuplicates();
            assertThat(reassembled(plan.input(), view)).isEqualTo(image.samples());
        }
    }

    @Test
    void viewsDifferAndAreTheSameEachTime() {
        ImageMasker masker = new ImageMasker(Plans.small(4, 2));
        MaskedImage first = masker.mask(POSITION, "id", 0, IMAGE);
        MaskedImage again = masker.mask(POSITION, "id", 0, IMAGE);
        assertThat(first.views()[0].crop()).isNotEqualTo(first.views()[1].crop());
        assertThat(again).usingRecursiveComparison().isEqualTo(first);
    }

    @Test
    void aHeldOutImageIsMaskedByItsIdWhereverItsRecordIs() {
        ImageMasker masker = new ImageMasker(Plans.small(4, 2));
        MaskedView one = masker.maskHeldOut(POSITION, "id", IMAGE).views()[0];
        MaskedView again = masker.maskHeldOut(new Position("others", 0, 7), "id", IMAGE).views()[0];
        assertThat(again).usingRecursiveComparison().isEqualTo(one);
        assertThat(one.crop()).isEqualTo(new Crop(0, 2, 90, 135)); // of 64 x 96
        assertThat(one.flipped()).isFalse();
        List<List<Integer>> masks =
                IntStream.range(0, 20)
                        .mapToObj(i -> masker.maskHeldOut(POSITION, "id " + i, IMAGE).views()[0])
                        .map(view -> IntStream.of(view.active()).boxed().toList())
                        .distinct()
                        .toList();
        assertThat(masks).hasSizeGreaterThan(5);
    }

    @Test
    void viewsDoNotDependOnHowManyThereAre() {
        MaskedImage two = new ImageMasker(Plans.small(4, 2)).mask(POSITION, "id", 0, IMAGE);
        MaskedImage one = new ImageMasker(Plans.small(9, 1)).mask(POSITION, "id", 0, IMAGE);
        assertThat(one.views()[0]).usingRecursiveComparison().isEqualTo(two.views()[0]);
    }

    @Test
    void oneMaskerServesManyThreads() {
        ImageMasker masker = new ImageMasker(Plans.small(4, 2));
        List<MaskedImage> alone =
                LongStream.range(0, 64).mapToObj(offset -> mask(masker, offset)).toList();
        List<MaskedImage> together =
                LongStream.range(0, 64)
                        .parallel()
                        .mapToObj(offset -> mask(masker, offset))
                        .toList();
        assertThat(together).usingRecursiveComparison().isEqualTo(alone);
    }

    private static MaskedImage mask(ImageMasker masker, long offset) {
        return masker.mask(new Position("images", 1, offset), "id", 0, IMAGE);
    }

    private static byte[] reassembled(InputConfig input, MaskedView view) {
        byte[] image = new byte[input.height() * input.width() * input.channels()];
        put(input, view.active(), view.visiblePatches(), image);
        put(input, PatchMask.masked(view.active(), input.patches()), view.maskedPatches(), image);
        return image;
    }

    /** Written pixel by pixel, unlike the code under test. */
    private static void put(InputConfig input, int[] indexes, byte[] patches, byte[] image) {
        int from = 0;
        for (int index : indexes) {
            for (int row = 0; row < input.patch(); row++) {
                for (int column = 0; column < input.patch(); column++) {
                    for (int channel = 0; channel < input.channels(); channel++) {
                        int y = index / input.gridWidth() * input.patch() + row;
                        int x = index % input.gridWidth() * input.patch() + column;
                        image[(y * input.width() + x) * input.channels() + channel] =
                                patches[from++];
                    }
                }
            }
        }
        assertThat(from).isEqualTo(patches.length);
    }
}
