package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TIFFs as scientific writers make them: bands, predictors, tiles that are missing or shared. */
class TiffVariantsTest {
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    private static final ByteOrder BIG = ByteOrder.BIG_ENDIAN;
    private static final int DEFLATE = 8;
    private static final int PACK_BITS = 32773;
    private static final byte[] FOUR = {10, 20, 30, 40};
    private static final byte[] FOUR_RGB = {10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40};

    private static Bitmap decoded(byte[] tiff, int channels) throws BadImageException {
        try (ImageDecoder decoder =
                new ImageDecoder(new DecodeLimits(1 << 20, 1 << 24), channels)) {
            return decoder.decode(tiff);
        }
    }

    private static byte[] rgb(TiffBuilder tiff) throws BadImageException {
        return decoded(tiff.bytes(), Bitmap.RGB).samples();
    }

    private static TiffBuilder grey() {
        return new TiffBuilder(LITTLE, 2, 2);
    }

    private static void assertRefused(
            TiffBuilder tiff, int channels, ImageDefect defect, String text) {
        assertThatThrownBy(() -> decoded(tiff.bytes(), channels))
                .hasMessageContaining(text)
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(defect);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void threeSamplesCalledGreyAreThreeChannels(boolean apart) throws Exception {
        TiffBuilder tiff = new TiffBuilder(LITTLE, 2, 1).with(TiffTag.SAMPLES, 3);
        TiffBuilder stored =
                apart
                        ? tiff.with(TiffTag.PLANAR, 2)
                                .strips(new byte[] {1, 4}, new byte[] {2, 5}, new byte[] {3, 6})
                        : tiff.strips(new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(rgb(stored)).containsExactly(1, 2, 3, 4, 5, 6);
        assertRefused(stored, 1, ImageDefect.UNSUPPORTED, "expected input.channels = 3");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 13})
    void otherNumbersOfSamplesCalledGreyNameTheChannelsTheyNeed(int samples) throws Exception {
        byte[] bands = new byte[2 * samples];
        for (int i = 0; i < bands.length; i++) {
            bands[i] = (byte) (5 * i);
        }
        TiffBuilder tiff =
                new TiffBuilder(LITTLE, 2, 1).with(TiffTag.SAMPLES, samples).strips(bands);
        for (int channels : new int[] {1, 3}) {
            assertRefused(
                    tiff,
                    channels,
                    ImageDefect.UNSUPPORTED,
                    samples
                            + " samples a pixel, called BLACK_IS_ZERO, where input.channels = "
                            + channels
                            + "; expected input.channels = "
                            + samples);
        }
        assertThat(decoded(tiff.bytes(), samples).samples()).isEqualTo(bands);
    }

    @Test
    void greyWithAlphaIsItsGrey() throws Exception {
        byte[] pixels = {10, 99, 20, 99, 30, 99, 40, 99};
        for (int alpha : new int[] {1, 2}) {
            assertThat(
                            rgb(
                                    grey().with(TiffTag.SAMPLES, 2)
                                            .with(TiffTag.EXTRA_SAMPLES, alpha)
                                            .strips(pixels)))
                    .isEqualTo(FOUR_RGB);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,true", "1,false", "3,true", "3,false"})
    void differencesOfSixteenBitsAreUndone(int samples, boolean littleEndian) throws Exception {
        ByteOrder order = littleEndian ? LITTLE : BIG;
        int width = 5;
        ByteBuffer stored = ByteBuffer.allocate(2 * 2 * width * samples).order(order);
        byte[] expected = new byte[2 * width * samples];
        for (int y = 0; y < 2; y++) {
            for (int i = 0; i < width * samples; i++) {
                int value = value(y, i);
                int left = i < samples ? 0 : value(y, i - samples);
                stored.putShort((short) (value - left));
                expected[y * width * samples + i] = (byte) (value >> 8);
            }
        }
        TiffBuilder tiff =
                new TiffBuilder(order, width, 2)
                        .with(TiffTag.BITS, 16)
                        .with(TiffTag.SAMPLES, samples)
                        .with(TiffTag.PHOTOMETRIC, samples == 3 ? 2 : 1)
                        .with(TiffTag.COMPRESSION, DEFLATE)
                        .with(TiffTag.PREDICTOR, 2)
                        .strips(DamagedImages.deflate(stored.array()));
        assertThat(decoded(tiff.bytes(), samples).samples()).isEqualTo(expected);
    }

    private static int value(int y, int i) {
        return (31_000 * (y + 1) + 7_919 * i) & 0xFFFF;
    }

    @Test
    void otherPredictorsAreUnsupportedAndOnesThatDoNotCountAreIgnored() throws Exception {
        assertRefused(
                grey().with(TiffTag.PREDICTOR, 3)
                        .with(TiffTag.COMPRESSION, DEFLATE)
                        .strips(DamagedImages.deflate(FOUR)),
                3,
                ImageDefect.UNSUPPORTED,
                "predictor 3");
        assertThat(rgb(grey().with(TiffTag.PREDICTOR, 2).strips(FOUR))).isEqualTo(FOUR_RGB);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, DEFLATE})
    void tilesThatAreNotStoredHoldNoData(int compression) throws Exception {
        byte[] tile = new byte[256];
        Arrays.fill(tile, (byte) 77);
        byte[] stored = compression == 1 ? tile : DamagedImages.deflate(tile);
        byte[] tiff =
                new TiffBuilder(LITTLE, 32, 16)
                        .with(TiffTag.COMPRESSION, compression)
                        .tiles(16, 16, new byte[0], stored)
                        .with(TiffTag.TILE_BYTES, 0, stored.length)
                        .bytes();
        // The builder gives an empty part the offset of the next; there, GDAL writes 0.
        ByteBuffer file = ByteBuffer.wrap(tiff).order(LITTLE);
        for (int at = 8; at + 8 <= tiff.length; at++) {
            if (file.getInt(at) == 8 && file.getInt(at + 4) == 8) {
                file.putInt(at, 0);
            }
        }
        Bitmap image = decoded(tiff, 3);
        assertThat(image.value(3, 3, 0)).isZero();
        assertThat(image.value(3, 20, 0)).isEqualTo(77);
    }

    @Test
    void tilesMayShareTheirBytes() throws Exception {
        byte[] tile = new byte[256];
        for (int i = 0; i < 256; i++) {
            tile[i] = (byte) i;
        }
        TiffBuilder tiff = new TiffBuilder(LITTLE, 48, 32).tiles(16, 16, tile);
        tiff.with(TiffTag.TILE_BYTES, 256, 256, 256, 256, 256, 256)
                .with(TiffTag.TILE_OFFSETS, 8, 8, 8, 8, 8, 8);
        Bitmap image = decoded(tiff.bytes(), 3);
        for (int tileRow = 0; tileRow < 2; tileRow++) {
            for (int column = 0; column < 3; column++) {
                assertThat(image.value(16 * tileRow + 5, 16 * column + 9, 1)).isEqualTo(5 * 16 + 9);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 1000, Integer.MAX_VALUE})
    void lengthsOfStripsMayBeMissingOrTooLarge(int length) throws Exception {
        assertThat(rgb(grey().strips(FOUR).with(TiffTag.STRIP_BYTES, length))).isEqualTo(FOUR_RGB);
        byte[] packed = DamagedImages.join(new byte[] {3}, FOUR);
        int told = length == 4 ? 5 : length;
        assertThat(
                        rgb(
                                grey().with(TiffTag.COMPRESSION, PACK_BITS)
                                        .strips(packed)
                                        .with(TiffTag.STRIP_BYTES, told)))
                .isEqualTo(FOUR_RGB);
    }

    @Test
    void stripThatEndsBeforeItsLastPixelIsTruncated() {
        assertRefused(
                grey().with(TiffTag.COMPRESSION, PACK_BITS).strips(new byte[] {2, 1, 2, 3}),
                3,
                ImageDefect.TRUNCATED,
                "only 3 of 4 bytes in strip or tile 0");
    }

    @Test
    void bigTiffIsReadAsTiffIs() throws Exception {
        for (ByteOrder order : new ByteOrder[] {LITTLE, BIG}) {
            byte[] tiff =
                    new TiffBuilder(order, 2, 2)
                            .with(TiffTag.ROWS_PER_STRIP, 1)
                            .strips(new byte[] {10, 20}, new byte[] {30, 40})
                            .bigBytes();
            assertThat(decoded(tiff, 3).samples()).isEqualTo(FOUR_RGB);
        }
    }

    /** Sums of offset and count that are no longs. */
    @ParameterizedTest
    @CsvSource({
        "42113, 2, 16, 0x7FFFFFFFFFFFFFFF",
        "700, 1, 0x400000007FFFFF8C, 0x4000000000000064",
        "273, 16, 2, 0x7FFFFFFFFFFFFFF8"
    })
    void valuesOfABigTiffBehindAllThatALongCountsAreTruncated(
            int tag, int type, String count, String offset) {
        byte[] tiff =
                grey().strips(FOUR)
                        .with(TiffTag.XMP, 1)
                        .with(TiffTag.GDAL_NO_DATA, 1)
                        .bigBytes();
        ByteBuffer file = ByteBuffer.wrap(tiff).order(LITTLE);
        for (int at = 24; at + 20 <= tiff.length; at++) {
            if ((file.getShort(at) & 0xFFFF) == tag && file.getLong(at + 4) == 1) {
                file.putShort(at + 2, (short) type);
                file.putLong(at + 4, Long.decode(count)).putLong(at + 12, Long.decode(offset));
            }
        }
        assertThatThrownBy(() -> decoded(tiff, 3))
                .hasMessageContaining("were announced")
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(ImageDefect.TRUNCATED);
    }

    @Test
    void orientationIsThatOfExif() throws Exception {
        Bitmap turned =
                decoded(
                        new TiffBuilder(LITTLE, 4, 1)
                                .strips(FOUR)
                                .with(TiffTag.ORIENTATION, 6)
                                .bytes(),
                        3);
        assertThat(turned.height()).isEqualTo(4);
        assertThat(turned.value(3, 0, 0)).isEqualTo(40);
    }

    @ParameterizedTest
    @CsvSource({"0, 4", "1, 1"})
    void xmpTellsTheOrientationWhereNoFieldDoes(int field, int height) throws Exception {
        byte[] packet = DamagedImages.ascii("<x tiff:Orientation=\"6\"/>    ");
        int[] words = new int[packet.length / 4];
        ByteBuffer.wrap(packet).order(LITTLE).asIntBuffer().get(words);
        TiffBuilder builder = new TiffBuilder(LITTLE, 4, 1).strips(FOUR).with(TiffTag.XMP, words);
        byte[] tiff = (field == 0 ? builder : builder.with(TiffTag.ORIENTATION, field)).bytes();
        ByteBuffer file = ByteBuffer.wrap(tiff).order(LITTLE);
        for (int at = 8; at + 8 <= tiff.length; at++) {
            if (file.getInt(at) == (TiffTag.XMP | 4 << 16) && file.getInt(at + 4) == words.length) {
                file.putShort(at + 2, (short) 1).putInt(at + 4, packet.length);
            }
        }
        assertThat(decoded(tiff, 3).height()).isEqualTo(height);
    }

    @Test
    void bitsOfABytesMayBeReversed() throws Exception {
        assertThat(
                        rgb(
                                new TiffBuilder(LITTLE, 8, 1)
                                        .with(TiffTag.BITS, 1)
                                        .with(TiffTag.FILL_ORDER, 2)
                                        .strips(DamagedImages.bytes(0x01))))
                .startsWith(-1, -1, -1, 0);
    }

    @Test
    void ofTwelveBitsTheUpperEightCount() throws Exception {
        assertThat(
                        rgb(
                                new TiffBuilder(LITTLE, 2, 1)
                                        .with(TiffTag.BITS, 12)
                                        .strips(DamagedImages.bytes(0xAB, 0xC1, 0x23))))
                .containsExactly(0xAB, 0xAB, 0xAB, 0x12, 0x12, 0x12);
    }
}
