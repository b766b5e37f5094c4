package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
    private static final Bitmap SCENE = TestImages.scene(61, 83);

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 24, 1 << 26));

    @AfterEach
    void close() {
        decoder.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "tiff"})
    void losslessFormatsGiveTheSameBytes(String format) throws Exception {
        Bitmap decoded = decoder.decode(TestImages.encode(SCENE, format));
        assertThat(decoded.height()).isEqualTo(61);
        assertThat(decoded.width()).isEqualTo(83);
        assertThat(decoded.samples()).isEqualTo(SCENE.samples());
    }

    @Test
    void baselineAndProgressiveJpegsAreCloseToTheirSource() throws Exception {
        assertThat(largestError(decoder.decode(TestImages.jpeg(SCENE)))).isLessThanOrEqualTo(6);
        assertThat(largestError(decoder.decode(TestImages.progressiveJpeg(SCENE))))
                .isLessThanOrEqualTo(6);
    }

    @Test
    void greyIsRepeatedAndNotBrightened() throws Exception {
        BufferedImage grey = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSamples(0, 0, 16, 16, 0, repeated(100, 256));
        assertThat(decoder.decode(TestImages.encode(grey, "png")).samples()).containsOnly(100);
        assertThat(decoder.decode(TestImages.encode(grey, "jpg")).samples()).containsOnly(100);
        assertThat(decoder.decode(TestImages.encode(grey, "bmp")).samples()).containsOnly(100);
    }

    /** What Pillow's convert("L") gives for these colours. */
    @Test
    void oneChannelIsTheLumaOfColoursAndGreyItself() throws Exception {
        byte[] colours = {
            (byte) 255, 0, 0, 0, (byte) 255, 0, 0, 0, (byte) 255, 10, 20, 30, (byte) 200, 100, 77
        };
        BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSamples(0, 0, 2, 1, 0, new int[] {3, 250});
        try (ImageDecoder luma = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20), 1)) {
            assertThat(luma.decode(TestImages.encode(Bitmap.rgb(1, 5, colours), "png")).samples())
                    .containsExactly(76, (byte) 150, 29, 18, 127);
            Bitmap decoded = luma.decode(TestImages.encode(grey, "png"));
            assertThat(decoded.channels()).isEqualTo(1);
            assertThat(decoded.samples()).containsExactly(3, (byte) 250);
        }
    }

    @Test
    void otherChannelsThanOneAndThreeAreOnlyInTiffs() {
        try (ImageDecoder four = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20), 4)) {
            assertThatThrownBy(() -> four.decode(TestImages.jpeg(SCENE)))
                    .isInstanceOf(BadImageException.class)
                    .hasMessageContaining("JPEG of 83 x 61 pixels has no 4 channels");
        }
    }

    @Test
    void greyWithTransparencyIsItsGrey() throws Exception {
        byte[] row = {0, 50, 10, 60, 0}; // filter none, then two pixels of grey and alpha
        Bitmap decoded =
                decoder.decode(
                        DamagedImages.png(
                                DamagedImages.pngHeader(2, 1, 8, 4),
                                DamagedImages.chunk("IDAT", DamagedImages.deflate(row))));
        assertThat(decoded.samples()).containsExactly(50, 50, 50, 60, 60, 60);
    }

    @Test
    void ofSixteenBitsTheUpperEightCount() throws Exception {
        ColorModel colours =
                new ComponentColorModel(
                        ColorSpace.getInstance(ColorSpace.CS_sRGB),
                        false,
                        false,
                        ColorModel.OPAQUE,
                        DataBuffer.TYPE_USHORT);
        WritableRaster raster = colours.createCompatibleWritableRaster(1, 1);
        raster.setPixel(0, 0, new int[] {0x12FF, 0xAB00, 0x01FF});
        BufferedImage image = new BufferedImage(colours, raster, false, null);
        assertThat(decoder.decode(TestImages.encode(image, "png")).samples())
                .containsExactly(0x12, (byte) 0xAB, 0x01);
    }

    @Test
    void transparencyIsIgnored() throws Exception {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00102030);
        assertThat(decoder.decode(TestImages.encode(image, "png")).samples())
                .containsExactly(0x10, 0x20, 0x30);
    }

    @ParameterizedTest
    @CsvSource({"png,1", "png,2", "png,4", "png,8", "gif,4", "gif,8", "bmp,1", "bmp,4", "bmp,8"})
    void palettesAreLookedUp(String format, int bits) throws Exception {
        int size = 1 << bits;
        byte[] red = new byte[size];
        byte[] green = new byte[size];
        byte[] blue = new byte[size];
        for (int i = 0; i < size; i++) {
            red[i] = (byte) (3 * i + 7);
            green[i] = (byte) (200 - i);
            blue[i] = (byte) (5 * i);
        }
        int type = bits == 8 ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_BYTE_BINARY;
        BufferedImage image =
                new BufferedImage(9, 1, type, new IndexColorModel(bits, size, red, green, blue));
        for (int i = 0; i < 9; i++) {
            image.getRaster().setSample(i, 0, 0, i % size);
        }
        Bitmap decoded = decoder.decode(TestImages.encode(image, format));
        for (int i = 0; i < 9; i++) {
            assertThat(decoded.value(0, i, 0)).isEqualTo(red[i % size] & 0xFF);
            assertThat(decoded.value(0, i, 1)).isEqualTo(green[i % size] & 0xFF);
            assertThat(decoded.value(0, i, 2)).isEqualTo(blue[i % size] & 0xFF);
        }
    }

    @Test
    void inksAreTakenFromThePaper() throws Exception {
        // Stored inverted: 51 of 255 left of the paper's 102 in red, all of them in green.
        byte[] jpeg = TestImages.fourComponentJpeg(16, 16, 51, 255, 128, 102);
        for (byte[] inks :
                new byte[][] {jpeg, DamagedImages.insert(jpeg, 2, DamagedImages.adobe(0))}) {
            Bitmap decoded = decoder.decode(inks);
            assertThat(decoded.value(8, 8, 0)).isCloseTo(51 * 102 / 255, within1());
            assertThat(decoded.value(8, 8, 1)).isCloseTo(102, within1());
            assertThat(decoded.value(8, 8, 2)).isCloseTo(128 * 102 / 255, within1());
        }
    }

    /** Of inks libjpeg takes each transform but 0 for 2. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void lumaAndChromaOfInksAreConvertedFirst(int transform) throws Exception {
        byte[] jpeg = TestImages.fourComponentJpeg(16, 16, 100, 140, 120, 255);
        Bitmap decoded =
                decoder.decode(DamagedImages.insert(jpeg, 2, DamagedImages.adobe(transform)));
        assertThat(decoded.value(8, 8, 0))
                .isCloseTo((int) Math.round(255 - (100 + 1.402 * -8)), within1());
        assertThat(decoded.value(8, 8, 1))
                .isCloseTo(
                        (int) Math.round(255 - (100 - 0.344136 * 12 - 0.714136 * -8)), within1());
        assertThat(decoded.value(8, 8, 2))
                .isCloseTo((int) Math.round(255 - (100 + 1.772 * 12)), within1());
    }

    @Test
    void webpIsDecodedLossyLosslessAnimatedAndTransparent() throws Exception {
        assertThat(decoder.decode(TestImages.LOSSLESS_WEBP).value(12, 19, 0)).isEqualTo(200);
        for (byte[] webp :
                new byte[][] {
                    TestImages.LOSSY_WEBP, TestImages.ANIMATED_WEBP, TestImages.TRANSPARENT_WEBP
                }) {
            Bitmap decoded = decoder.decode(webp);
            assertThat(decoded.height()).isEqualTo(24);
            assertThat(decoded.width()).isEqualTo(40);
            assertColour(decoded, 8, 200, 40, 30);
            assertColour(decoded, 32, 20, 60, 180);
        }
    }

    @Test
    void ofAnimatedGifsTheFirstFrameCounts() throws Exception {
        BufferedImage image = new BufferedImage(5, 9, BufferedImage.TYPE_BYTE_INDEXED);
        image.getRaster().setSample(4, 7, 0, 200);
        byte[] gif = TestImages.encode(image, "gif");
        byte[] twice = DamagedImages.join(DamagedImages.cut(gif, gif.length - 1), secondFrame(gif));
        assertThat(decoder.decode(twice).samples()).isEqualTo(decoder.decode(gif).samples());
        assertThat(decoder.decode(twice).value(7, 4, 1))
                .isEqualTo(((IndexColorModel) image.getColorModel()).getGreen(200));
    }

    @Test
    void metadataHasNoInfluence() throws Exception {
        byte[] jpeg = TestImages.jpeg(SCENE);
        byte[] profile = DamagedImages.join(DamagedImages.ascii("ICC_PROFILE\0"), new byte[900]);
        byte[] exif = DamagedImages.join(DamagedImages.ascii("Exif\0\0"), new byte[50]);
        byte[] laden =
                DamagedImages.insert(
                        jpeg,
                        2,
                        DamagedImages.join(
                                DamagedImages.segment(0xE2, profile),
                                DamagedImages.segment(0xE1, exif),
                                DamagedImages.segment(0xFE, DamagedImages.ascii("a comment"))));
        assertThat(decoder.decode(laden).samples()).isEqualTo(decoder.decode(jpeg).samples());

        byte[] png = TestImages.encode(SCENE, "png");
        byte[] ladenPng =
                DamagedImages.insert(png, 33, DamagedImages.chunk("iCCP", new byte[] {1, 2, 3}));
        assertThat(decoder.decode(ladenPng).samples()).isEqualTo(SCENE.samples());
    }

    @Test
    void colourOfJpegsWithoutMarkersIsLumaAndChroma() throws Exception {
        byte[] jpeg = TestImages.jpeg(SCENE);
        int jfif = DamagedImages.marker(jpeg, 0xE0);
        byte[] bare =
                DamagedImages.join(
                        DamagedImages.cut(jpeg, jfif),
                        Arrays.copyOfRange(jpeg, jfif + 18, jpeg.length));
        assertThat(decoder.decode(bare).samples()).isEqualTo(decoder.decode(jpeg).samples());
    }

    @Test
    void colourOfJpegsThatAdobeCallsRgbIsLeftAlone() throws Exception {
        byte[] jpeg = TestImages.jpeg(SCENE);
        int jfif = DamagedImages.marker(jpeg, 0xE0);
        byte[] rgb =
                DamagedImages.join(
                        DamagedImages.cut(jpeg, jfif),
                        DamagedImages.adobe(0),
                        Arrays.copyOfRange(jpeg, jfif + 18, jpeg.length));
        Bitmap decoded = decoder.decode(rgb);
        int luma =
                (int)
                        Math.round(
                                0.299 * SCENE.value(30, 40, 0)
                                        + 0.587 * SCENE.value(30, 40, 1)
                                        + 0.114 * SCENE.value(30, 40, 2));
        assertThat(decoded.value(30, 40, 0)).isCloseTo(luma, Offset.offset(3));
    }

    private static byte[] secondFrame(byte[] gif) {
        int palette = 3 << ((gif[10] & 7) + 1);
        return Arrays.copyOfRange(gif, 13 + palette, gif.length);
    }

    private static int[] repeated(int value, int times) {
        int[] values = new int[times];
        Arrays.fill(values, value);
        return values;
    }

    private static void assertColour(Bitmap image, int column, int red, int green, int blue) {
        var offset = Offset.offset(5);
        assertThat(image.value(12, column, 0)).isCloseTo(red, offset);
        assertThat(image.value(12, column, 1)).isCloseTo(green, offset);
        assertThat(image.value(12, column, 2)).isCloseTo(blue, offset);
    }

    private static Offset<Integer> within1() {
        return Offset.offset(1);
    }

    private static int largestError(Bitmap decoded) {
        int largest = 0;
        for (int i = 0; i < decoded.samples().length; i++) {
            int error = Math.abs((decoded.samples()[i] & 0xFF) - (SCENE.samples()[i] & 0xFF));
            largest = Math.max(largest, error);
        }
        return largest;
    }
}
