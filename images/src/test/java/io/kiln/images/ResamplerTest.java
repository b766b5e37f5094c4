package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplerTest {
    @ParameterizedTest
    @CsvSource({
        "64, 64, 32, 32",
        "105, 35, 32, 32",
        "116, 98, 32, 32",
        "60, 40, 32, 96",
        "37, 91, 64, 96",
        "200, 150, 32, 64",
        "5, 300, 96, 32",
        "1, 1, 32, 32",
        "33, 31, 32, 32",
        "2, 3, 64, 64",
        "128, 32, 32, 32",
        "32, 128, 32, 32"
    })
    void agreesWithTheFormulaInDoublePrecision(int rows, int columns, int height, int width) {
        Bitmap image = noise(rows, columns, 1);
        Bitmap resized =
                Resampler.cropAndResize(image, new Crop(0, 0, rows, columns), height, width);
        double[][][] expected = formula(image, height, width);
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                for (int channel = 0; channel < 3; channel++) {
                    assertThat((double) resized.value(row, column, channel))
                            .as("row %d, column %d, channel %d", row, column, channel)
                            .isCloseTo(expected[row][column][channel], Offset.offset(0.51));
                }
            }
        }
    }

    @Test
    void oneColourStaysThatColour() {
        byte[] rgb = new byte[50 * 70 * 3];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) 255;
            rgb[i + 1] = 17;
        }
        Bitmap resized =
                Resampler.cropAndResize(Bitmap.rgb(50, 70, rgb), new Crop(3, 4, 40, 55), 64, 32);
        for (int i = 0; i < resized.samples().length; i += 3) {
            assertThat(resized.samples()[i]).isEqualTo((byte) 255);
            assertThat(resized.samples()[i + 1]).isEqualTo((byte) 17);
            assertThat(resized.samples()[i + 2]).isEqualTo((byte) 0);
        }
    }

    @Test
    void cropOfTheSizeWantedIsCopied() {
        Bitmap image = noise(40, 50, 2);
        Bitmap cut = Resampler.cropAndResize(image, new Crop(5, 7, 32, 32), 32, 32);
        for (int row = 0; row < 32; row++) {
            for (int column = 0; column < 32; column++) {
                assertThat(cut.value(row, column, 1))
                        .isEqualTo(image.value(row + 5, column + 7, 1));
            }
        }
    }

    @Test
    void pixelsOutsideTheCropHaveNoInfluence() {
        Bitmap image = noise(60, 60, 3);
        Bitmap other = noise(60, 60, 4);
        Crop crop = new Crop(10, 20, 25, 35);
        for (int row = crop.top(); row < crop.top() + crop.height(); row++) {
            int from = (row * 60 + crop.left()) * 3;
            System.arraycopy(image.samples(), from, other.samples(), from, crop.width() * 3);
        }
        assertThat(Resampler.cropAndResize(other, crop, 64, 64).samples())
                .isEqualTo(Resampler.cropAndResize(image, crop, 64, 64).samples());
    }

    @Test
    void flipMirrorsLeftToRight() {
        Bitmap image = noise(3, 5, 5);
        Bitmap flipped = Bitmap.rgb(3, 5, image.samples().clone());
        Resampler.flip(flipped);
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 5; column++) {
                assertThat(flipped.value(row, column, 2))
                        .isEqualTo(image.value(row, 4 - column, 2));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 32, 96", "2, 64, 64", "4, 32, 100", "5, 80, 50", "7, 80, 100"})
    void channelsAreResizedApart(int channels, int height, int width) {
        Bitmap image = TestImages.noise(80, 100, channels, 7);
        Crop crop = new Crop(1, 2, 79, 98);
        Bitmap resized = Resampler.cropAndResize(image, crop, height, width);
        for (int channel = 0; channel < channels; channel++) {
            byte[] rgb = new byte[80 * 100 * 3];
            for (int i = 0; i < 80 * 100; i++) {
                rgb[3 * i + 1] = image.samples()[channels * i + channel];
            }
            Bitmap alone = Resampler.cropAndResize(Bitmap.rgb(80, 100, rgb), crop, height, width);
            for (int i = 0; i < height * width; i++) {
                assertThat(resized.samples()[channels * i + channel])
                        .isEqualTo(alone.samples()[3 * i + 1]);
            }
        }
    }

    @Test
    void cropOutsideTheImageIsRefused() {
        Bitmap image = noise(10, 10, 6);
        assertThatThrownBy(() -> Resampler.cropAndResize(image, new Crop(5, 0, 6, 10), 32, 32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not lie inside an image of 10 rows and 10 columns");
    }

    /** Rounded to whole numbers from 0 to 255 between the passes, not rounded at the end. */
    private static double[][][] formula(Bitmap image, int height, int width) {
        double[][][] pixels = new double[image.height()][image.width()][3];
        for (int row = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++) {
                for (int channel = 0; channel < 3; channel++) {
                    pixels[row][column][channel] = image.value(row, column, channel);
                }
            }
        }
        int shorter = image.height() - height;
        boolean columnsFirst = shorter > 0 && shorter > 2 * (image.width() - width);
        return columnsFirst
                ? alongRows(rounded(transposed(alongRows(transposed(pixels), height))), width)
                : transposed(alongRows(transposed(rounded(alongRows(pixels, width))), height));
    }

    private static double[][][] alongRows(double[][][] pixels, int width) {
        double[][][] result = new double[pixels.length][width][3];
        for (int row = 0; row < pixels.length; row++) {
            for (int channel = 0; channel < 3; channel++) {
                double[] line = new double[pixels[row].length];
                for (int i = 0; i < line.length; i++) {
                    line[i] = pixels[row][i][channel];
                }
                for (int i = 0; i < width; i++) {
                    result[row][i][channel] = clip(sample(line, i, width));
                }
            }
        }
        return result;
    }

    private static double[][][] transposed(double[][][] pixels) {
        double[][][] result = new double[pixels[0].length][pixels.length][];
        for (int row = 0; row < pixels.length; row++) {
            for (int column = 0; column < pixels[row].length; column++) {
                result[column][row] = pixels[row][column];
            }
        }
        return result;
    }

    private static double[][][] rounded(double[][][] pixels) {
        for (double[][] row : pixels) {
            for (double[] pixel : row) {
                Arrays.setAll(pixel, channel -> Math.floor(pixel[channel] + 0.5));
            }
        }
        return pixels;
    }

    /** One output pixel: a weighted mean of all input pixels within twice the stretch. */
    private static double sample(double[] line, int index, int output) {
        double scale = (double) line.length / output;
        double stretch = Math.max(1, scale);
        double centre = (index + 0.5) * scale;
        double sum = 0;
        double weights = 0;
        for (int i = 0; i < line.length; i++) {
            double weight = keys((i + 0.5 - centre) / stretch);
            sum += weight * line[i];
            weights += weight;
        }
        return sum / weights;
    }

    /** Keys' kernel with a = -1/2, as in his paper (1981), equation 15. */
    private static double keys(double distance) {
        double s = Math.abs(distance);
        if (s < 1) {
            return 1.5 * s * s * s - 2.5 * s * s + 1;
        }
        return s < 2 ? -0.5 * s * s * s + 2.5 * s * s - 4 * s + 2 : 0;
    }

    private static double clip(double value) {
        return Math.max(0, Math.min(255, value));
    }

    private static Bitmap noise(int height, int width, long seed) {
        return TestImages.noise(height, width, 3, seed);
    }
}
