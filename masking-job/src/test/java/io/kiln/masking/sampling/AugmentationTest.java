package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.Crop;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.SampleRandom.Purpose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentationTest {
    private static final Augmentation PUBLISHED = augmentation();

    /** Computed by a second implementation in another language. Never to be changed. */
    @ParameterizedTest
    @CsvSource({
        "17, 8, 29, 353, 426",
        "18, 11, 85, 356, 357",
        "19, 6, 18, 358, 456",
        "20, 11, 84, 322, 416",
        "21, 6, 90, 365, 354",
        "22, 8, 92, 366, 408"
    })
    void cropsAreTheSameForEver(long offset, int top, int left, int height, int width) {
        assertThat(PUBLISHED.drawCrop(random(offset), 375, 500))
                .isEqualTo(new Crop(top, left, height, width));
    }

    @ParameterizedTest
    @CsvSource({"375, 500", "500, 375", "64, 64", "17, 23", "1000, 700"})
    void cropsKeepScaleAndRatio(int height, int width) {
        for (long offset = 0; offset < 500; offset++) {
            Crop crop = PUBLISHED.drawCrop(random(offset), height, width);
            double share = (double) crop.height() * crop.width() / height / width;
            double ratio = (double) crop.width() / crop.height();
            double rounding = 1.5 / Math.min(crop.height(), crop.width());
            assertThat(share).as("offset %d", offset).isBetween(0.67 - rounding, 1.0);
            assertThat(ratio)
                    .as("offset %d", offset)
                    .isBetween(0.75 * (1 - rounding), 4.0 / 3 * (1 + rounding));
            assertThat(crop.top() + crop.height()).isLessThanOrEqualTo(height);
            assertThat(crop.left() + crop.width()).isLessThanOrEqualTo(width);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "100, 1000, 0, 433, 100, 133",
        "1000, 100, 433, 0, 133, 100",
        "1, 60000, 0, 29999, 1, 1",
        "60000, 1, 29999, 0, 1, 1"
    })
    void imageTooLongForAnyCropIsCroppedInTheMiddle(
            int height, int width, int top, int left, int cropHeight, int cropWidth) {
        assertThat(PUBLISHED.drawCrop(random(0), height, width))
                .isEqualTo(new Crop(top, left, cropHeight, cropWidth));
    }

    @Test
    void imageOfOnePixelIsTakenWhole() {
        assertThat(PUBLISHED.drawCrop(random(0), 1, 1)).isEqualTo(new Crop(0, 0, 1, 1));
    }

    @Test
    void cropsForARectangularInputHaveItsShape() {
        Augmentation twiceAsWide = augmentation("input.height=64", "input.width=128");
        for (long offset = 0; offset < 200; offset++) {
            Crop crop = twiceAsWide.drawCrop(random(offset), 400, 800);
            double ratio = (double) crop.width() / crop.height();
            assertThat(ratio).as("offset %d", offset).isBetween(2 * 0.74, 2 * 1.35);
        }
    }

    @Test
    void halfOfTheCropsAreFlipped() {
        int flipped = 0;
        for (long offset = 0; offset < 1000; offset++) {
            flipped += PUBLISHED.drawFlip(random(offset)) ? 1 : 0;
        }
        assertThat(flipped).isBetween(420, 580);
        assertThat(new Augmentation(1, 1, 1, 1, 0).drawFlip(random(1))).isFalse();
        assertThat(new Augmentation(1, 1, 1, 1, 1).drawFlip(random(1))).isTrue();
    }

    @Test
    void theWholeImageIsTakenWhereScaleAndRatioAreOne() {
        assertThat(new Augmentation(1, 1, 1, 1, 0).drawCrop(random(1), 8, 8))
                .isEqualTo(new Crop(0, 0, 8, 8));
    }

    private static Augmentation augmentation(String... overrides) {
        MaskingPlan plan = Plans.of(overrides);
        return Augmentation.of(plan.masking(), plan.input());
    }

    private static SampleRandom random(long offset) {
        return new SampleRandom(Purpose.AUGMENTATION, 42, new Position("images", 3, offset), 0);
    }
}
