package io.kiln.masking.order;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.Bitmap;
import io.kiln.images.TestImages;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PerceptualHashTest {
    private static int distance(Bitmap a, Bitmap b) {
        return Long.bitCount(PerceptualHash.of(a) ^ PerceptualHash.of(b));
    }

    private static Bitmap altered(Bitmap image, int brighter, int noise) {
        Random random = new Random(5);
        byte[] rgb = image.samples().clone();
        for (int i = 0; i < rgb.length; i++) {
            int value = (rgb[i] & 0xFF) + brighter + random.nextInt(2 * noise + 1) - noise;
            rgb[i] = (byte) Math.max(0, Math.min(255, value));
        }
        return Bitmap.rgb(image.height(), image.width(), rgb);
    }

    /** A photograph's kind of slow changes, from a seed. */
    private static Bitmap scene(long seed, int height, int width) {
        Random random = new Random(seed);
        double[] waves = random.doubles(24, -1, 1).toArray();
        byte[] rgb = new byte[height * width * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double value = 0;
                for (int w = 0; w < 24; w += 3) {
                    value +=
                            waves[w]
                                    * Math.sin(
                                            8 * waves[w + 1] * y / height
                                                    + 20 * waves[w + 2] * x / width
                                                    + w);
                }
                for (int c = 0; c < 3; c++) {
                    rgb[(y * width + x) * 3 + c] = (byte) (128 + 18 * value);
                }
            }
        }
        return Bitmap.rgb(height, width, rgb);
    }

    @Test
    void scaledBrightenedAndNoisyCopiesAreNear() {
        Bitmap image = scene(1, 375, 500);
        assertThat(distance(image, scene(1, 300, 400))).isLessThanOrEqualTo(3);
        assertThat(distance(image, altered(image, 20, 0))).isLessThanOrEqualTo(3);
        assertThat(distance(image, altered(image, 0, 10))).isLessThanOrEqualTo(3);
    }

    @Test
    void otherImagesAreFar() {
        for (int seed = 2; seed < 30; seed++) {
            assertThat(distance(scene(1, 375, 500), scene(seed, 375, 500)))
                    .as("seed %d", seed)
                    .isGreaterThan(8);
        }
    }

    @Test
    void imageMayBeSmallerThanTheGrid() {
        assertThat(distance(TestImages.scene(1, 1), TestImages.scene(1, 1))).isZero();
        assertThat(distance(TestImages.scene(3, 200), TestImages.scene(3, 200))).isZero();
    }
}
