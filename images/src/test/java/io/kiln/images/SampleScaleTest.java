package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of more than 8 bits, or of other than unsigned numbers. */
class SampleScaleTest {
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    private static final DecodeLimits LIMITS = new DecodeLimits(1 << 20, 1 << 20);
    private static final int FLOAT = 3;
    private static final int SIGNED = 2;

    private static Bitmap decoded(byte[] image, int channels, int bytes, SampleRange... ranges)
            throws BadImageException {
        SampleScale scale = new SampleScale(bytes, List.of(ranges));
        try (ImageDecoder decoder = new ImageDecoder(LIMITS, channels, scale)) {
            return decoder.decode(image);
        }
    }

    private static int[] values(Bitmap image) {
        int values = image.height() * image.width() * image.channels();
        return IntStream.range(0, values).map(i -> (int) image.value(i)).toArray();
    }

    private static TiffBuilder tiff(int width, int samples, int bits, int format) {
        int[] all = new int[samples];
        Arrays.fill(all, bits);
        return new TiffBuilder(LITTLE, width, 1)
                .with(TiffTag.SAMPLES, samples)
                .with(TiffTag.BITS, all)
                .with(TiffTag.SAMPLE_FORMAT, format);
    }

    private static byte[] shorts(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(LITTLE);
        Arrays.stream(values).forEach(value -> bytes.putShort((short) value));
        return bytes.array();
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(LITTLE);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    /** Of four samples of 16 bits, a pixel takes 8 bytes as it is stored, and 16 turned. */
    @Test
    void whatScalingAndTurningTakeCountsToo() throws Exception {
        TiffBuilder rows =
                tiff(1024, 4, 16, 1)
                        .with(TiffTag.HEIGHT, 1024)
                        .with(TiffTag.COMPRESSION, 8)
                        .with(TiffTag.ROWS_PER_STRIP, 64);
        byte[][] strips = new byte[16][9];
        byte[] upright = rows.strips(strips).bytes();
        byte[] turned = rows.with(TiffTag.ORIENTATION, 3).strips(strips).bytes();
        try (ImageDecoder shorts = new ImageDecoder(LIMITS, 4, new SampleScale(2, List.of()))) {
            assertThatThrownBy(() -> shorts.decode(upright)).hasMessageContaining("holds 144");
            assertTooManyPixels(
                    shorts,
                    turned,
                    "takes 16777216 bytes while it is scaled and turned; masking.maxPixels allows"
                            + " 1048576 pixels of 12 bytes");
        }
    }

    @Test
    void bytesAreTurnedAndSpread() throws Exception {
        TiffBuilder turned = tiff(3, 1, 8, 1).with(TiffTag.ORIENTATION, 3);
        byte[] image = turned.strips(DamagedImages.bytes(1, 2, 255)).bytes();
        assertThat(values(decoded(image, 1, 2))).containsExactly(65535, 514, 257);
        assertThat(values(decoded(image, 1, 2, new SampleRange(0, 510))))
                .containsExactly(32768, 257, 129);
    }

    private static void assertTooManyPixels(ImageDecoder decoder, byte[] image, String text) {
        assertThatThrownBy(() -> decoder.decode(image))
                .hasMessageContaining(text)
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(ImageDefect.TOO_MANY_PIXELS);
    }

    /** The kind of image that ../shared/cases/tiff16-low-range holds: 900 values become 900. */
    @Test
    void lowValuesOfSixteenBitsStayApart() throws Exception {
        int[] pixels = new int[900 * 13];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = 200 + 100 * (i % 13) + i / 13;
        }
        byte[] sentinel = tiff(900, 13, 16, 1).strips(shorts(pixels)).bytes();
        assertThat(values(decoded(sentinel, 13, 2))).isEqualTo(pixels);
        int[] scaled = values(decoded(sentinel, 13, 2, new SampleRange(0, 10_000)));
        for (int i = 0; i < pixels.length; i++) {
            assertThat(scaled[i]).isEqualTo((int) (pixels[i] * 6.5535 + 0.5));
        }
        int[] bytes = values(decoded(sentinel, 13, 1, new SampleRange(0, 10_000)));
        assertThat(Arrays.stream(bytes).distinct().count()).isGreaterThan(50);
        int[] upper = values(decoded(sentinel, 13, 1));
        for (int i = 0; i < pixels.length; i++) {
            assertThat(upper[i]).isEqualTo(pixels[i] >> 8);
        }
    }

    @Test
    void eachChannelMayHaveARangeOfItsOwn() throws Exception {
        byte[] image = tiff(2, 2, 16, 1).strips(shorts(100, 1000, 200, 3000)).bytes();
        SampleRange[] ranges = {new SampleRange(100, 300), new SampleRange(2000, 4000)};
        assertThat(values(decoded(image, 2, 2, ranges))).containsExactly(0, 0, 32768, 32768);
        SampleRange[] three = {ranges[0], ranges[1], ranges[1]};
        assertRefused(image, 2, "has 2 channels, but input.valueRange has 3 pairs", three);
    }

    @Test
    void fewerBitsAreSpreadOverSixteen() throws Exception {
        byte[] bytes = tiff(3, 1, 8, 1).strips(DamagedImages.bytes(0, 1, 255)).bytes();
        assertThat(values(decoded(bytes, 1, 2))).containsExactly(0, 257, 65535);
        byte[] twelve = tiff(2, 1, 12, 1).strips(DamagedImages.bytes(0x00, 0x1F, 0xFF)).bytes();
        assertThat(values(decoded(twelve, 1, 2))).containsExactly(16, 65535);
        assertThat(values(decoded(twelve, 1, 1))).containsExactly(0, 255);
        assertThat(values(decoded(twelve, 1, 2, new SampleRange(0, 2))))
                .containsExactly(32768, 65535);
    }

    @Test
    void pngsOfSixteenBitsKeepThem() throws Exception {
        BufferedImage depth = new BufferedImage(40, 30, BufferedImage.TYPE_USHORT_GRAY);
        int[] expected = new int[40 * 30];
        Arrays.setAll(expected, i -> 1000 + i);
        depth.getRaster().setPixels(0, 0, 40, 30, expected);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(depth, "png", png);
        assertThat(values(decoded(png.toByteArray(), 1, 2))).isEqualTo(expected);
        assertThat(values(decoded(png.toByteArray(), 3, 2, new SampleRange(1000, 66_535))))
                .isEqualTo(IntStream.range(0, 3600).map(i -> i / 3).toArray());
        assertThat(decoded(png.toByteArray(), 1, 1).value(29, 39, 0)).isEqualTo(2199 >> 8);
    }

    @ParameterizedTest
    @CsvSource({"8, 5", "16, 7", "32, 1"})
    void differencesOfAnyWholeBytesAreUndone(int bits, int samples) throws Exception {
        int width = 11;
        int bytes = bits / 8;
        long[] values = new long[width * samples];
        Arrays.setAll(values, i -> (0x9E3779B97F4A7C15L * (i + 1)) >>> (64 - bits));
        ByteBuffer row = ByteBuffer.allocate(width * samples * bytes).order(LITTLE);
        for (int i = 0; i < values.length; i++) {
            long left = i < samples ? 0 : values[i - samples];
            for (int b = 0; b < bytes; b++) {
                row.put((byte) ((values[i] - left) >> 8 * b));
            }
        }
        TiffBuilder tiff =
                tiff(width, samples, bits, 1)
                        .with(TiffTag.COMPRESSION, 8)
                        .with(TiffTag.PREDICTOR, 2)
                        .strips(DamagedImages.deflate(row.array()));
        double most = Math.scalb(1.0, bits) - 1;
        int[] decoded = values(decoded(tiff.bytes(), samples, 2, new SampleRange(0, most)));
        for (int i = 0; i < values.length; i++) {
            assertThat(decoded[i]).isEqualTo((int) ((float) values[i] / most * 65535 + 0.5));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void floatingPointPredictorIsUndone(int bits) throws Exception {
        double[] numbers = {0, 0.25, 0.5, 0.75, 1, 0.125};
        int bytes = bits / 8;
        byte[] sorted = new byte[numbers.length * bytes];
        for (int i = 0; i < numbers.length; i++) {
            long number =
                    switch (bits) {
                        case 16 -> half(numbers[i]);
                        case 32 -> Float.floatToRawIntBits((float) numbers[i]);
                        default -> Double.doubleToRawLongBits(numbers[i]);
                    };
            for (int b = 0; b < bytes; b++) {
                sorted[b * numbers.length + i] = (byte) (number >> 8 * (bytes - 1 - b));
            }
        }
        int samples = 2;
        byte[] differences = sorted.clone();
        for (int i = sorted.length - 1; i >= samples; i--) {
            differences[i] -= sorted[i - samples];
        }
        TiffBuilder tiff =
                tiff(numbers.length / samples, samples, bits, FLOAT)
                        .with(TiffTag.COMPRESSION, 8)
                        .with(TiffTag.PREDICTOR, 3)
                        .strips(DamagedImages.deflate(differences));
        assertThat(values(decoded(tiff.bytes(), samples, 2, new SampleRange(0, 1))))
                .containsExactly(0, 16384, 32768, 49151, 65535, 8192);
    }

    /** Of a power of two times 1 or 1.5. */
    private static long half(double value) {
        int exponent = Math.getExponent(value);
        return value == 0
                ? 0
                : (exponent + 15L) << 10 | (long) ((value / Math.scalb(1.0, exponent) - 1) * 1024);
    }

    @ParameterizedTest
    @CsvSource({"0x0001, 5.960464477539063E-8", "0x3C00, 1", "0xC000, -2", "0x7BFF, 65504"})
    void halvesAreRead(String bits, float value) {
        assertThat(TiffSamples.half(Integer.decode(bits))).isEqualTo(value);
    }

    @Test
    void signedNumbersNeedARange() throws Exception {
        byte[] image = tiff(3, 1, 16, SIGNED).strips(shorts(-1000, 0, 1000)).bytes();
        assertThat(values(decoded(image, 1, 2, new SampleRange(-1000, 1000))))
                .containsExactly(0, 32768, 65535);
        assertRefused(image, 1, "set input.valueRange");
    }

    @Test
    void floatsAreClippedToTheirRangeAndRefusedWithout() throws Exception {
        byte[] image = tiff(4, 1, 32, FLOAT).strips(floats(-1, 0.5f, 1, 7)).bytes();
        for (int channels : new int[] {1, 3}) {
            int[] values = values(decoded(image, channels, 1, new SampleRange(0, 1)));
            assertThat(values[values.length - 1]).isEqualTo(255);
            assertThat(values[channels]).isEqualTo(128);
            assertThat(values[0]).isZero();
        }
        assertRefused(image, 3, "TIFF of 4 x 1 pixels holds signed, floating-point or 32-bit");
        assertRefused(image, 1, "set input.valueRange");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
    void whatIsNoNumberIsRefusedWithItsPlace(float gap) {
        byte[] image = tiff(2, 2, 32, FLOAT).strips(floats(0, 0, 1, gap)).bytes();
        assertRefused(
                image, 2, gap + " at row 0, column 1, channel 1; expected", new SampleRange(0, 1));
    }

    @Test
    void bytesAreUnderARangeToo() throws Exception {
        byte[] image = tiff(3, 1, 8, 1).strips(DamagedImages.bytes(10, 15, 20)).bytes();
        assertThat(values(decoded(image, 1, 1, new SampleRange(10, 20))))
                .containsExactly(0, 128, 255);
    }

    @Test
    void whatAPredictorDoesNotSuitIsUnsupported() {
        TiffBuilder whole = tiff(2, 1, 16, 1).with(TiffTag.COMPRESSION, 8);
        assertRefused(
                whole.with(TiffTag.PREDICTOR, 3).strips(new byte[4]).bytes(),
                1,
                "predictor 3 for UNSIGNED samples of 16 bits");
        assertRefused(
                tiff(2, 1, 24, FLOAT).strips(new byte[6]).bytes(), 1, "FLOAT samples of 24 bits");
    }

    @Test
    void statisticsAreThoseOfTheValues() throws Exception {
        ValueStatistics measured = new ValueStatistics(2);
        try (ImageDecoder decoder = new ImageDecoder(LIMITS, 2)) {
            decoder.measure(tiff(2, 2, 16, 1).strips(shorts(1, 1000, 3, 3000)).bytes(), measured);
            decoder.measure(tiff(1, 2, 16, 1).strips(shorts(8, 2000)).bytes(), measured);
        }
        assertThat(measured.images()).isEqualTo(2);
        assertThat(measured.pixels()).isEqualTo(3);
        assertThat(measured.bits()).isEqualTo(16);
        assertThat(measured.min(0)).isEqualTo(1);
        assertThat(measured.max(1)).isEqualTo(3000);
        assertThat(measured.mean(0)).isEqualTo(4);
        assertThat(measured.std(0)).isEqualTo(Math.sqrt(26 / 3.0));
        assertThat(measured.mean(1)).isEqualTo(2000);
    }

    private static void assertRefused(
            byte[] image, int channels, String text, SampleRange... ranges) {
        assertThatThrownBy(() -> decoded(image, channels, 2, ranges))
                .hasMessageContaining(text)
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(ImageDefect.UNSUPPORTED);
    }
}
