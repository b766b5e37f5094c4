package io.kiln.images;

import static io.kiln.images.DamagedImages.bytes;
import static io.kiln.images.DamagedImages.chunk;
import static io.kiln.images.DamagedImages.cut;
import static io.kiln.images.DamagedImages.insert;
import static io.kiln.images.DamagedImages.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that lack something or hold something wrong, but all of their pixels. */
class WholeImageTest {
    private static final Bitmap SCENE = TestImages.scene(61, 83);
    private static final int IEND_BYTES = 12;
    private static final int PNG_DATA = 33;

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 24));
    private final ImageDecoder taking =
            new ImageDecoder(new DecodeLimits(1 << 20, 1 << 24, DamagePolicy.TAKE));

    @AfterEach
    void close() {
        decoder.close();
        taking.close();
    }

    private byte[] decoded(byte[] image) throws BadImageException {
        return decoder.decode(image).samples();
    }

    private void assertRefused(byte[] image, ImageDefect defect) {
        assertThatThrownBy(() -> decoder.decode(image))
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(defect);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void jpegNeedsNoMarkOfItsEnd(boolean progressive) throws Exception {
        byte[] jpeg = progressive ? TestImages.progressiveJpeg(SCENE) : TestImages.jpeg(SCENE);
        byte[] expected = decoded(jpeg);
        byte[] open = cut(jpeg, jpeg.length - 2);
        assertThat(decoded(open)).isEqualTo(expected);
        assertThat(decoded(cut(jpeg, jpeg.length - 1))).isEqualTo(expected);
        assertThat(decoded(join(open, new byte[512]))).isEqualTo(expected);
    }

    @Test
    void progressiveJpegThatLacksItsLastScanAndItsEndIsTruncated() {
        byte[] jpeg = TestImages.progressiveJpeg(SCENE);
        int last = 0;
        for (int i = 0; i + 1 < jpeg.length; i++) {
            last = jpeg[i] == (byte) 0xFF && jpeg[i + 1] == (byte) 0xDA ? i : last;
        }
        assertRefused(cut(jpeg, last), ImageDefect.TRUNCATED);
    }

    @Test
    void jpegThatHasLostPixelsIsTakenWhereThePolicyIsToTakeIt() throws Exception {
        byte[] jpeg = TestImages.jpeg(SCENE);
        byte[] damaged = join(cut(jpeg, jpeg.length * 2 / 3), bytes(0xFF, 0xD9));
        assertRefused(damaged, ImageDefect.TRUNCATED);
        byte[] taken = taking.decode(damaged).samples();
        int kept = 20 * 83 * 3;
        assertThat(Arrays.copyOf(taken, kept)).isEqualTo(Arrays.copyOf(decoded(jpeg), kept));
    }

    @Test
    void pngNeedsNoEnd() throws Exception {
        byte[] png = TestImages.encode(SCENE, "png");
        int checksum = 4;
        int adler32 = 4;
        for (int lost : new int[] {1, 4, 6, 8, 12, 12 + checksum, 12 + checksum + adler32}) {
            assertThat(decoded(cut(png, png.length - lost))).isEqualTo(SCENE.samples());
        }
        assertThat(decoded(join(cut(png, png.length - IEND_BYTES), new byte[7])))
                .isEqualTo(SCENE.samples());
    }

    @Test
    void pngWithOneOfItsTwoChecksumsRightIsWhole() throws Exception {
        byte[] png = TestImages.encode(SCENE, "png");
        byte[] wrongCrc = png.clone();
        wrongCrc[png.length - IEND_BYTES - 1] ^= 1;
        assertThat(decoded(wrongCrc)).isEqualTo(SCENE.samples());

        byte[] data = Arrays.copyOfRange(png, PNG_DATA + 8, png.length - IEND_BYTES - 4);
        data[data.length - 1] ^= 1;
        byte[] wrongAdler =
                join(cut(png, PNG_DATA), chunk("IDAT", data), chunk("IEND", new byte[0]));
        assertThat(decoded(wrongAdler)).isEqualTo(SCENE.samples());

        byte[] wrongBoth = wrongAdler.clone();
        wrongBoth[wrongBoth.length - IEND_BYTES - 1] ^= 1;
        assertRefused(wrongBoth, ImageDefect.UNDECODABLE);
        assertThat(taking.decode(wrongBoth).samples()).isEqualTo(SCENE.samples());
    }

    @Test
    void transparencyOfAPngMayStandAnywhereAndBeWrong() throws Exception {
        BufferedImage image = TestImages.buffered(SCENE, BufferedImage.TYPE_BYTE_INDEXED);
        byte[] png = TestImages.encode(image, "png");
        byte[] expected = decoded(png);
        byte[] odd = chunk("tRNS", new byte[300]);
        int afterPalette = PNG_DATA + 12 + 3 * 256;
        for (int at : new int[] {PNG_DATA, afterPalette, png.length - IEND_BYTES}) {
            assertThat(decoded(insert(png, at, odd))).isEqualTo(expected);
        }
        byte[] rgba =
                TestImages.encode(TestImages.buffered(SCENE, BufferedImage.TYPE_INT_ARGB), "png");
        assertThat(decoded(insert(rgba, PNG_DATA, odd))).isEqualTo(SCENE.samples());
        assertThat(decoded(insert(rgba, PNG_DATA, chunk("PLTE", new byte[9]))))
                .isEqualTo(SCENE.samples());
    }

    @Test
    void ofTwoPalettesTheLastCounts() throws Exception {
        byte[] row = {0, 0, 1};
        byte[] png =
                DamagedImages.png(
                        DamagedImages.pngHeader(2, 1, 8, 3),
                        chunk("PLTE", bytes(1, 2, 3, 4, 5, 6)),
                        chunk("PLTE", bytes(7, 8, 9, 10, 11, 12)),
                        chunk("IDAT", DamagedImages.deflate(row)));
        assertThat(decoded(png)).containsExactly(7, 8, 9, 10, 11, 12);
    }

    @Test
    void gifNeedsNoEnd() throws Exception {
        byte[] gif =
                TestImages.encode(
                        TestImages.buffered(SCENE, BufferedImage.TYPE_BYTE_INDEXED), "gif");
        byte[] expected = decoded(gif);
        for (int lost = 1; lost <= 2; lost++) {
            assertThat(decoded(cut(gif, gif.length - lost))).isEqualTo(expected);
        }
    }

    @Test
    void gifsOfFewInterlacedRowsAreReadInOrder() throws Exception {
        for (int height = 1; height < 12; height++) {
            BufferedImage image = new BufferedImage(3, height, BufferedImage.TYPE_BYTE_INDEXED);
            for (int row = 0; row < height; row++) {
                image.getRaster().setSample(1, row, 0, 20 * row);
            }
            byte[] expected = decoded(TestImages.encode(image, "bmp"));
            assertThat(decoded(TestImages.encode(image, "gif"))).isEqualTo(expected);
        }
    }

    @Test
    void gifIsAsLargeAsItsScreen() throws Exception {
        BufferedImage image = new BufferedImage(5, 9, BufferedImage.TYPE_BYTE_INDEXED);
        image.getRaster().setSample(4, 7, 0, 200);
        byte[] gif = TestImages.encode(image, "gif");
        byte[] frame = decoded(gif);
        gif[6] = 20;
        gif[8] = 15;
        int descriptor = 13 + 3 * 256;
        while (gif[descriptor] != 0x2C) {
            descriptor++;
        }
        gif[descriptor + 1] = 3;
        gif[descriptor + 3] = 2;
        Bitmap screen = decoder.decode(gif);
        assertThat(screen.width()).isEqualTo(20);
        assertThat(screen.height()).isEqualTo(15);
        assertThat(screen.value(2 + 7, 3 + 4, 1)).isEqualTo(frame[(7 * 5 + 4) * 3 + 1] & 0xFF);
        assertThat(screen.value(14, 19, 1)).isEqualTo(gif[13 + 1] & 0xFF);
    }
}
