package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.Crop;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.SampleRandom.Purpose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentationTest {
    private static final Augmentation PUBLISHED = Plans.of().augmentation();

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
        assertThat(PUBLISHED.draw(random(offset), 375, 500).crop())
                .isEqualTo(new Crop(top, left, height, width));
    }

    @ParameterizedTest
    @CsvSource({"375, 500", "500, 375", "64, 64", "17, 23", "1000, 700"})
    void cropsKeepScaleAndRatio(int height, int width) {
        for (long offset = 0; offset < 500; offset++) {
            Crop crop = PUBLISHED.draw(random(offset), height, width).crop();
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
    void pictureTooLongForAnyCropIsCutInTheMiddle(
            int height, int width, int top, int left, int cropHeight, int cropWidth) {
        assertThat(PUBLISHED.draw(random(0), height, width).crop())
                .isEqualTo(new Crop(top, left, cropHeight, cropWidth));
    }

    @Test
    void pictureOfOnePixelIsTakenWhole() {
        assertThat(PUBLISHED.draw(random(0), 1, 1).crop()).isEqualTo(new Crop(0, 0, 1, 1));
    }

    @Test
    void cropsForARectangularInputHaveItsShape() {
        Augmentation twiceAsWide = Plans.of("input.height=64", "input.width=128").augmentation();
        for (long offset = 0; offset < 200; offset++) {
            Crop crop = twiceAsWide.draw(random(offset), 400, 800).crop();
            double ratio = (double) crop.width() / crop.height();
            assertThat(ratio).as("offset %d", offset).isBetween(2 * 0.74, 2 * 1.35);
        }
    }

    @Test
    void halfOfTheCropsAreMirrored() {
        int flipped = 0;
        for (long offset = 0; offset < 1000; offset++) {
            flipped += PUBLISHED.draw(random(offset), 100, 100).flipped() ? 1 : 0;
        }
        assertThat(flipped).isBetween(420, 580);
        Augmentation never = new Augmentation(1, 1, 1, 1, 0);
        Augmentation always = new Augmentation(1, 1, 1, 1, 1);
        assertThat(never.draw(random(1), 8, 8)).isEqualTo(new Cutout(new Crop(0, 0, 8, 8), false));
        assertThat(always.draw(random(1), 8, 8)).isEqualTo(new Cutout(new Crop(0, 0, 8, 8), true));
    }

    private static SampleRandom random(long offset) {
        return new SampleRandom(Purpose.AUGMENTATION, 42, new Position("images", 3, offset), 0);
    }
}
