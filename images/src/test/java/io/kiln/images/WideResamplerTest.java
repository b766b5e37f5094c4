package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WideResamplerTest {
    private static Bitmap wide(int height, int width, int channels, int[] values) {
        byte[] samples = new byte[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            Bitmap.putUint16(samples, 2 * i, values[i]);
        }
        return new Bitmap(height, width, channels, 2, samples);
    }

    private static int[] values(Bitmap image) {
        return IntStream.range(0, image.samples().length / 2)
                .map(i -> Bitmap.uint16(image.samples(), 2 * i))
                .toArray();
    }

    /** Rows first, columns first, one of them alone, larger, smaller, a crop, and neither. */
    @ParameterizedTest
    @CsvSource({
        "40, 50, 20, 25, 3",
        "90, 30, 20, 25, 3",
        "40, 50, 40, 25, 1",
        "40, 50, 20, 50, 13",
        "9, 7, 30, 31, 2",
        "40, 50, 40, 50, 3"
    })
    void isTheResizeOfBytesInFinerSteps(
            int rows, int columns, int height, int width, int channels) {
        int all = (rows + 4) * (columns + 6) * channels;
        byte[] bytes = new byte[all];
        new Random(5).nextBytes(bytes);
        int[] values = IntStream.range(0, all).map(i -> (bytes[i] & 0xFF) * 257).toArray();
        Crop crop = new Crop(3, 5, rows, columns);
        Bitmap narrow =
                Resampler.cropAndResize(
                        new Bitmap(rows + 4, columns + 6, channels, bytes), crop, height, width);
        Bitmap fine =
                Resampler.cropAndResize(
                        wide(rows + 4, columns + 6, channels, values), crop, height, width);
        assertThat(fine.samples()).hasSize(2 * height * width * channels);
        int[] found = values(fine);
        for (int i = 0; i < found.length; i++) {
            // Bytes are rounded twice.
            assertThat(found[i] / 257.0)
                    .isBetween(
                            (narrow.samples()[i] & 0xFF) - 1.6, (narrow.samples()[i] & 0xFF) + 1.6);
        }
    }

    @Test
    void smallDifferencesOfLargeValuesSurvive() {
        int[] ramp = IntStream.range(0, 64 * 64).map(i -> 60_000 + i % 64).toArray();
        Bitmap half =
                Resampler.cropAndResize(wide(64, 64, 1, ramp), new Crop(0, 0, 64, 64), 32, 32);
        int[] row = Arrays.copyOf(values(half), 32);
        for (int x = 2; x < 30; x++) {
            assertThat(row[x]).isBetween(60_000 + 2 * x, 60_000 + 2 * x + 1);
        }
    }

    @Test
    void overshootIsClipped() {
        int[] edge = IntStream.range(0, 256).map(i -> i % 16 < 8 ? 0 : 65_535).toArray();
        Bitmap large =
                Resampler.cropAndResize(wide(16, 16, 1, edge), new Crop(0, 0, 16, 16), 64, 64);
        int[] row = Arrays.copyOf(values(large), 64);
        assertThat(Arrays.copyOf(row, 29)).containsOnly(0);
        assertThat(Arrays.copyOfRange(row, 35, 64)).containsOnly(65_535);
    }

    @Test
    void flippingKeepsPixelsWhole() {
        Bitmap image = wide(1, 3, 2, new int[] {1, 256, 3, 768, 5, 1280});
        Resampler.flip(image);
        assertThat(values(image)).containsExactly(5, 1280, 3, 768, 1, 256);
        assertThat(values(Orientation.MIRRORED.apply(image)))
                .containsExactly(1, 256, 3, 768, 5, 1280);
        assertThat(values(Orientation.TRANSPOSED.apply(image)))
                .containsExactly(5, 1280, 3, 768, 1, 256);
    }

    @Test
    void lumaOfSixteenBitsDoesNotOverflow() {
        Bitmap colours = wide(1, 2, 3, new int[] {65_535, 65_535, 65_535, 65_535, 0, 0});
        assertThat(values(colours.luma())).containsExactly(65_535, 19_595);
    }
}
