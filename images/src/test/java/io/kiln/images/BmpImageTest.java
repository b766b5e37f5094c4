package io.kiln.images;

import static io.kiln.images.DamagedImages.ascii;
import static io.kiln.images.DamagedImages.bytes;
import static io.kiln.images.DamagedImages.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** BMPs as writers of many ages make them. */
class BmpImageTest {
    private static final int BIT_FIELDS = 3;
    private static final byte[] FOUR_COLOURS =
            bytes(1, 2, 3, 0, 40, 50, 60, 0, 70, 80, 90, 0, 100, 110, 120, 0);

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20));

    @AfterEach
    void close() {
        decoder.close();
    }

    /**
     * @param more what follows the first 40 bytes of the second header
     * @param gap bytes before the data
     */
    static byte[] bmp(
            int header,
            int width,
            int height,
            int bits,
            int compression,
            byte[] more,
            int gap,
            byte[] data) {
        int rest = Math.max(0, header - 40);
        byte[] after = more.length < rest ? Arrays.copyOf(more, rest) : more;
        int offset = 14 + Math.min(header, 40) + after.length + gap;
        ByteBuffer out = ByteBuffer.allocate(offset + data.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("BM")).putInt(0).putInt(0).putInt(offset).putInt(header);
        if (header == 12) {
            out.putShort((short) width).putShort((short) height);
        } else {
            out.putInt(width).putInt(height);
        }
        out.putShort((short) 1).putShort((short) bits);
        if (header >= 40) {
            out.putInt(compression).putInt(0).putInt(0).putInt(0).putInt(0).putInt(0);
        }
        out.put(after).position(offset);
        return out.put(data).array();
    }

    private static byte[] masks(int... masks) {
        ByteBuffer out = ByteBuffer.allocate(4 * masks.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(masks).forEach(out::putInt);
        return out.array();
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 16, 40, 52, 56, 64, 108, 124})
    void headersOfAllSizesAreRead(int header) throws Exception {
        byte[] rows = bytes(3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0);
        assertThat(decoder.decode(bmp(header, 2, 2, 24, 0, new byte[0], 0, rows)).samples())
                .containsExactly(7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void ofNegativeHeightTheFirstRowIsTheUpper() throws Exception {
        byte[] rows = bytes(3, 2, 1, 0, 6, 5, 4, 0);
        assertThat(decoder.decode(bmp(40, 1, -2, 24, 0, new byte[0], 0, rows)).samples())
                .containsExactly(1, 2, 3, 4, 5, 6);
    }

    /** Bytes 10, 20, 30, 40 of a pixel, the lowest first. */
    @ParameterizedTest
    @CsvSource({
        "0x00FF0000, 0x0000FF00, 0x000000FF, 30 20 10",
        "0x000000FF, 0x0000FF00, 0x00FF0000, 10 20 30",
        "0xFF000000, 0x00FF0000, 0x0000FF00, 40 30 20",
        "0x0000FF00, 0x00FF0000, 0xFF000000, 20 30 40"
    })
    void coloursLieWhereTheirMasksSay(String red, String green, String blue, String expected)
            throws Exception {
        byte[] masks =
                masks(
                        Long.decode(red).intValue(),
                        Long.decode(green).intValue(),
                        Long.decode(blue).intValue());
        byte[] samples =
                bytes(Arrays.stream(expected.split(" ")).mapToInt(Integer::parseInt).toArray());
        for (int header : new int[] {40, 52, 56, 108, 124}) {
            byte[] bmp = bmp(header, 1, 1, 32, BIT_FIELDS, masks, 0, bytes(10, 20, 30, 40));
            assertThat(decoder.decode(bmp).samples()).isEqualTo(samples);
        }
    }

    @Test
    void masksOfSixteenBitsSpreadOverBytes() throws Exception {
        byte[] masks = masks(0x1F, 0x7E0, 0xF800);
        byte[] pixel = bytes(0b0001_1111, 0b0000_0100, 0, 0);
        assertThat(decoder.decode(bmp(40, 1, 1, 16, BIT_FIELDS, masks, 0, pixel)).samples())
                .isEqualTo(bytes(255, 32 * 255 / 63, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 32})
    void colourWhoseMaskIsEmptyIsNothing(int bits) throws Exception {
        for (int empty = 0; empty < 3; empty++) {
            int[] masks = {0xF, 0xF0, 0xF00};
            byte[] expected = bytes(255, 255, 255);
            masks[empty] = 0;
            expected[empty] = 0;
            byte[] bmp = bmp(40, 1, 1, bits, BIT_FIELDS, masks(masks), 0, bytes(255, 255, 0, 0));
            assertThat(decoder.decode(bmp).samples()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0x40", "4, 0x01", "8, 0x00"})
    void whatLiesBetweenPaletteAndRowsIsPassedOver(int bits, String first) throws Exception {
        byte[] palette = Arrays.copyOf(FOUR_COLOURS, 4 << bits);
        byte[] row = bytes(Integer.decode(first), bits == 8 ? 1 : 0, 0, 0);
        for (int gap : new int[] {0, 12}) {
            assertThat(decoder.decode(bmp(40, 2, 1, bits, 0, palette, gap, row)).samples())
                    .containsExactly(3, 2, 1, 60, 50, 40);
        }
    }

    /** Three colours are all that the file has; the fourth index has none. */
    @Test
    void colourThatThePaletteLacksIsBlack() throws Exception {
        byte[] palette = Arrays.copyOf(FOUR_COLOURS, 12);
        assertThat(decoder.decode(bmp(40, 2, 1, 4, 0, palette, 0, bytes(0x23, 0, 0, 0))).samples())
                .containsExactly(90, 80, 70, 0, 0, 0);
    }

    @Test
    void runsAreUnpackedToTheLastRowEvenWithoutTheMarkOfTheEnd() throws Exception {
        byte[] palette = Arrays.copyOf(FOUR_COLOURS, 4 << 8);
        byte[] runs = join(bytes(3, 1, 0, 0), bytes(0, 3, 2, 3, 0, 0));
        for (byte[] end : new byte[][] {bytes(), bytes(0, 1), bytes(0, 0, 0, 1)}) {
            Bitmap image = decoder.decode(bmp(40, 3, 2, 8, 1, palette, 0, join(runs, end)));
            assertThat(image.samples())
                    .containsExactly(
                            90, 80, 70, 120, 110, 100, 3, 2, 1, 60, 50, 40, 60, 50, 40, 60, 50, 40);
        }
    }

    @Test
    void runsOfHalvesMayMoveOnAndReachBeyondTheRow() throws Exception {
        byte[] palette = Arrays.copyOf(FOUR_COLOURS, 4 << 4);
        byte[] runs = join(bytes(9, 0x12, 0, 0), bytes(0, 2, 1, 0), bytes(0, 3, 0x12, 0x30, 0, 1));
        Bitmap image = decoder.decode(bmp(40, 3, 2, 4, 2, palette, 0, runs));
        int[] blue = new int[6];
        Arrays.setAll(blue, i -> image.value(i / 3, i % 3, 2));
        assertThat(blue).containsExactly(1, 40, 70, 40, 70, 40);
    }

    @Test
    void runsBehindTheLastRowSpoilNothing() throws Exception {
        byte[] palette = Arrays.copyOf(FOUR_COLOURS, 4 << 8);
        byte[] runs = bytes(0, 2, 255, 255, 9, 1, 0, 9, 1);
        assertThat(decoder.decode(bmp(40, 3, 2, 8, 1, palette, 0, runs)).samples()).hasSize(18);
    }

    @Test
    void otherDepthsAndMethodsAreUnsupported() {
        for (int[] kind : new int[][] {{2, 0}, {3, 0}, {24, 1}, {8, 2}, {24, 3}, {32, 4}}) {
            assertThatThrownBy(
                            () ->
                                    decoder.decode(
                                            bmp(
                                                    40,
                                                    1,
                                                    1,
                                                    kind[0],
                                                    kind[1],
                                                    new byte[16],
                                                    0,
                                                    new byte[4])))
                    .isInstanceOf(BadImageException.class)
                    .hasMessageContaining(kind[0] + " bits a pixel in compression " + kind[1]);
        }
    }
}
