package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TiffImageTest {
    private static final Bitmap SCENE = TestImages.scene(61, 83);
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
    private static final ByteOrder BIG = ByteOrder.BIG_ENDIAN;

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 24, 1 << 26));

    @AfterEach
    void close() {
        decoder.close();
    }

    private static TiffBuilder colours(ByteOrder order, int samples) {
        int[] bits = new int[samples];
        Arrays.fill(bits, 8);
        return new TiffBuilder(order, 2, 2)
                .with(TiffTag.PHOTOMETRIC, 2)
                .with(TiffTag.SAMPLES, samples)
                .with(TiffTag.BITS, bits);
    }

    private byte[] decoded(TiffBuilder tiff) throws BadImageException {
        return decoder.decode(tiff.bytes()).samples();
    }

    @ParameterizedTest
    @ValueSource(strings = {"LZW", "ZLib", "Deflate", "PackBits"})
    void compressionsLoseNothing(String compression) throws Exception {
        assertThat(decoder.decode(TiffBuilder.encoded(SCENE, compression)).samples())
                .isEqualTo(SCENE.samples());
    }

    @Test
    void rowsMayLieInOneStripOrInSeveralInEitherByteOrder() throws Exception {
        byte[] upper = {1, 2, 3, 4, 5, 6};
        byte[] lower = {7, 8, 9, 10, 11, 12};
        byte[] expected = DamagedImages.join(upper, lower);
        for (ByteOrder order : new ByteOrder[] {LITTLE, BIG}) {
            assertThat(decoded(colours(order, 3).strips(expected))).isEqualTo(expected);
            assertThat(
                            decoded(
                                    colours(order, 3)
                                            .with(TiffTag.ROWS_PER_STRIP, 1)
                                            .strips(upper, lower)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void planesMayLieApart() throws Exception {
        assertThat(
                        decoded(
                                colours(LITTLE, 3)
                                        .with(TiffTag.PLANAR, 2)
                                        .strips(
                                                DamagedImages.bytes(1, 2, 3, 4),
                                                DamagedImages.bytes(5, 6, 7, 8),
                                                DamagedImages.bytes(9, 10, 11, 12))))
                .containsExactly(1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12);
    }

    @Test
    void planesBesideTheColoursAreNotDecoded() throws Exception {
        byte[] junk = DamagedImages.bytes(0xFF);
        byte[] plane = DamagedImages.deflate(DamagedImages.bytes(1, 2, 3, 4));
        TiffBuilder tiff =
                colours(LITTLE, 5)
                        .with(TiffTag.PLANAR, 2)
                        .with(TiffTag.COMPRESSION, 8)
                        .strips(plane, plane, plane, junk, junk);
        assertThat(decoded(tiff)).containsExactly(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4);
    }

    @Test
    void samplesAndTilesThatTakeMoreMemoryCountAsMorePixels() {
        TiffBuilder many = colours(LITTLE, 64).with(TiffTag.WIDTH, 4000).with(TiffTag.HEIGHT, 4000);
        assertRefused(
                many.strips(new byte[1000]), ImageDefect.TOO_MANY_PIXELS, "TIFF of 4000 x 4000");
        assertRefused(
                new TiffBuilder(LITTLE, 5000, 5000).tiles(9000, 9000, new byte[1000]),
                ImageDefect.TOO_MANY_PIXELS,
                "TIFF of 5000 x 5000");
        int most = Integer.MAX_VALUE;
        TiffBuilder huge = colours(LITTLE, 64).with(TiffTag.WIDTH, most).with(TiffTag.HEIGHT, most);
        assertThatThrownBy(() -> decoder.decode(huge.strips(new byte[1000]).bytes()))
                .isInstanceOf(BadImageException.class);
    }

    @Test
    void tilesAreCutAtTheEdge() throws Exception {
        byte[][] tiles = new byte[2][256];
        for (int i = 0; i < 256; i++) {
            tiles[0][i] = (byte) i;
            tiles[1][i] = (byte) (i + 100);
        }
        TiffBuilder tiff = new TiffBuilder(BIG, 18, 3).tiles(16, 16, tiles);
        Bitmap image = decoder.decode(tiff.bytes());
        assertThat(image.value(2, 15, 0)).isEqualTo(2 * 16 + 15);
        assertThat(image.value(2, 17, 2)).isEqualTo(2 * 16 + 1 + 100);
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 0x90, 255 0 0 255", "1, 1, 0x90, 0 255 255 0"})
    void whiteAndBlackOfOneBit(int bits, int white, String data, String expected) throws Exception {
        int photometric = white == 0 ? 1 : 0;
        byte[] row = DamagedImages.bytes(Integer.decode(data));
        Bitmap image =
                decoder.decode(
                        new TiffBuilder(LITTLE, 4, 1)
                                .with(TiffTag.BITS, bits)
                                .with(TiffTag.PHOTOMETRIC, photometric)
                                .strips(row)
                                .bytes());
        String[] values = expected.split(" ");
        for (int i = 0; i < values.length; i++) {
            assertThat(image.value(0, i, 1)).isEqualTo(Integer.parseInt(values[i]));
        }
    }

    @Test
    void greyIsRepeatedAndOfSixteenBitsTheUpperEightCount() throws Exception {
        assertThat(decoded(new TiffBuilder(LITTLE, 2, 1).strips(DamagedImages.bytes(100, 200))))
                .containsExactly(100, 100, 100, (byte) 200, (byte) 200, (byte) 200);
        for (ByteOrder order : new ByteOrder[] {LITTLE, BIG}) {
            byte[] value =
                    order == LITTLE
                            ? DamagedImages.bytes(0xFF, 0x12)
                            : DamagedImages.bytes(0x12, 0xFF);
            assertThat(decoded(new TiffBuilder(order, 1, 1).with(TiffTag.BITS, 16).strips(value)))
                    .containsExactly(0x12, 0x12, 0x12);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 8})
    void samplesBesideRedGreenAndBlueAreIgnored(int samples) throws Exception {
        byte[] pixels = new byte[4 * samples];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (3 * i);
        }
        for (int meaning : new int[] {0, 2}) {
            int[] extra = new int[samples - 3];
            Arrays.fill(extra, meaning);
            byte[] rgb =
                    decoded(
                            colours(LITTLE, samples)
                                    .with(TiffTag.EXTRA_SAMPLES, extra)
                                    .strips(pixels));
            for (int pixel = 0; pixel < 4; pixel++) {
                for (int channel = 0; channel < 3; channel++) {
                    assertThat(rgb[pixel * 3 + channel])
                            .isEqualTo(pixels[pixel * samples + channel]);
                }
            }
        }
    }

    /** What Pillow makes of the same pixels. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void coloursAreDividedByTheAlphaThatTheyWereMultipliedWith(boolean apart) throws Exception {
        byte[][] planes = {
            DamagedImages.bytes(10, 100, 7, 50),
            DamagedImages.bytes(20, 100, 8, 60),
            DamagedImages.bytes(30, 100, 9, 70),
            DamagedImages.bytes(40, 50, 0, 255)
        };
        byte[] together = new byte[16];
        for (int i = 0; i < together.length; i++) {
            together[i] = planes[i % 4][i / 4];
        }
        TiffBuilder tiff = colours(LITTLE, 4).with(TiffTag.EXTRA_SAMPLES, 1);
        assertThat(
                        decoded(
                                apart
                                        ? tiff.with(TiffTag.PLANAR, 2).strips(planes)
                                        : tiff.strips(together)))
                .isEqualTo(DamagedImages.bytes(63, 127, 191, 255, 255, 255, 0, 0, 0, 50, 60, 70));
        try (ImageDecoder all = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20), 4)) {
            byte[] asStored = all.decode(tiff.bytes()).samples();
            assertThat(asStored).isEqualTo(together);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5, 13})
    void allSamplesAreTakenWhereAsManyChannelsAreWanted(int samples) throws Exception {
        byte[] pixels = new byte[4 * samples];
        byte[][] planes = new byte[samples][4];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (7 * i);
            planes[i % samples][i / samples] = pixels[i];
        }
        int photometric = samples < 3 ? 1 : 2;
        TiffBuilder mixed = colours(LITTLE, samples).with(TiffTag.PHOTOMETRIC, photometric);
        TiffBuilder apart = colours(BIG, samples).with(TiffTag.PHOTOMETRIC, photometric);
        try (ImageDecoder all = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20), samples)) {
            assertThat(all.decode(mixed.strips(pixels).bytes()).samples()).isEqualTo(pixels);
            assertThat(all.decode(apart.with(TiffTag.PLANAR, 2).strips(planes).bytes()).samples())
                    .isEqualTo(pixels);
        }
    }

    @Test
    void tiffsOfOtherChannelsThanWantedAreRefused() {
        try (ImageDecoder five = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20), 5)) {
            assertThatThrownBy(() -> five.decode(colours(LITTLE, 4).strips(new byte[16]).bytes()))
                    .isInstanceOf(BadImageException.class)
                    .hasMessageContaining("has 4 samples a pixel (RGB)")
                    .hasMessageContaining("input.channels = 5");
        }
    }

    @Test
    void palettesAreLookedUp() throws Exception {
        int[] map = new int[3 * 16];
        map[5] = 0x12FF;
        map[16 + 5] = 0xAB00;
        map[32 + 5] = 0x01FF;
        map[9] = 0xFFFF;
        assertThat(
                        decoded(
                                new TiffBuilder(LITTLE, 2, 1)
                                        .with(TiffTag.PHOTOMETRIC, 3)
                                        .with(TiffTag.BITS, 4)
                                        .with(TiffTag.COLOUR_MAP, map)
                                        .strips(DamagedImages.bytes(0x59))))
                .containsExactly(0x12, (byte) 0xAB, 0x01, (byte) 0xFF, 0, 0);
    }

    @Test
    void inksAreTakenFromThePaper() throws Exception {
        TiffBuilder inks = colours(LITTLE, 4).with(TiffTag.PHOTOMETRIC, 5);
        byte[] pixel = DamagedImages.bytes(204, 0, 127, 153);
        byte[] rgb = decoded(inks.strips(DamagedImages.join(pixel, pixel, pixel, pixel)));
        // Paper 255 - 153 = 102, less 102 * 204 / 255 = 82 (81.6), 0, and 51 (50.8).
        assertThat(Arrays.copyOf(rgb, 3)).containsExactly(20, 102, 51);
    }

    @Test
    void whatIsNotDecodedIsUnsupportedAndSaysWhy() {
        byte[] four = new byte[4];
        assertRefused(
                new TiffBuilder(LITTLE, 2, 2).with(TiffTag.COMPRESSION, 7).strips(four),
                ImageDefect.UNSUPPORTED,
                "compressed by method 7");
        assertRefused(
                new TiffBuilder(LITTLE, 2, 2).with(TiffTag.PHOTOMETRIC, 6).strips(four),
                ImageDefect.UNSUPPORTED,
                "photometric interpretation 6");
        assertRefused(
                new TiffBuilder(LITTLE, 2, 2).with(TiffTag.BITS, 24).strips(new byte[12]),
                ImageDefect.UNSUPPORTED,
                "UNSIGNED samples of 24 bits");
        assertRefused(
                new TiffBuilder(LITTLE, 2, 2).with(TiffTag.SAMPLE_FORMAT, 5).strips(four),
                ImageDefect.UNSUPPORTED,
                "samples of format 5");
    }

    @Test
    void whatContradictsItselfIsRefused() {
        assertRefused(
                new TiffBuilder(LITTLE, 2, 2).with(TiffTag.ROWS_PER_STRIP, 1).strips(new byte[4]),
                ImageDefect.UNDECODABLE,
                "1 offsets and 1 lengths of 2 strips");
        assertRefused(
                new TiffBuilder(LITTLE, 2, 2).tiles(30_000, 30_000, new byte[4]),
                ImageDefect.TOO_COMPLEX,
                "tiles of 30000 x 30000");
        assertRefused(
                new TiffBuilder(LITTLE, 2, 100_000)
                        .with(TiffTag.ROWS_PER_STRIP, 1)
                        .strips(new byte[3]),
                ImageDefect.UNDECODABLE,
                "of 100000 strips");
        assertRefused(new TiffBuilder(LITTLE, 2, 2), ImageDefect.UNDECODABLE, "lacks field 273");
        assertRefused(
                new TiffBuilder(LITTLE, 8000, 8000)
                        .with(TiffTag.COMPRESSION, 8)
                        .strips(new byte[1000]),
                ImageDefect.TRUNCATED,
                "holds 1000 bytes");
        assertRefused(
                new TiffBuilder(LITTLE, 60_000, 60_000).strips(new byte[1000]),
                ImageDefect.TOO_MANY_PIXELS,
                "TIFF of 60000 x 60000");
    }

    /** All strips are the same bytes, which would be unpacked a hundred times. */
    @Test
    void stripsThatOverlapAreRefused() {
        byte[] data = new byte[1 << 16];
        TiffBuilder tiff =
                new TiffBuilder(LITTLE, 2, 100)
                        .with(TiffTag.ROWS_PER_STRIP, 1)
                        .with(TiffTag.COMPRESSION, 32773)
                        .strips(data);
        int[] offsets = new int[100];
        int[] lengths = new int[100];
        Arrays.fill(offsets, 8);
        Arrays.fill(lengths, data.length);
        tiff.with(TiffTag.STRIP_OFFSETS, offsets).with(TiffTag.STRIP_BYTES, lengths);
        assertRefused(tiff, ImageDefect.UNDECODABLE, "overlap");
    }

    private void assertRefused(TiffBuilder tiff, ImageDefect reason, String text) {
        assertThatThrownBy(() -> decoder.decode(tiff.bytes()))
                .hasMessageContaining(text)
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(reason);
    }
}
