package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Samples in strips, tiles and planes, wherever the writer put them. */
class TiffDataTest {
    private static final int HEIGHT = 19;

    /** More than are unpacked at a time, and no multiple of eight. */
    private static final int WIDTH = 2_501;

    private static final DecodeLimits LIMITS = new DecodeLimits(1 << 24, 1 << 26);
    private static final SampleScale AS_THEY_ARE =
            new SampleScale(2, List.of(new SampleRange(0, Bitmap.MAX_UINT16)));

    private static Bitmap decoded(TiffBuilder tiff, int channels) throws BadImageException {
        try (ImageDecoder decoder = new ImageDecoder(LIMITS, channels, AS_THEY_ARE)) {
            return decoder.decode(tiff.bytes());
        }
    }

    /** The samples from a plane and pixel on, most significant bit first, rows padded to bytes. */
    private static byte[] packed(
            int[] samples, int bits, int top, int left, int height, int width, int[] of) {
        int rowBytes = (width * of.length * bits + 7) / 8;
        byte[] bytes = new byte[height * rowBytes];
        int all = samples.length / HEIGHT / WIDTH;
        for (int y = 0; y < Math.min(height, HEIGHT - top); y++) {
            for (int x = 0; x < Math.min(width, WIDTH - left); x++) {
                for (int s = 0; s < of.length; s++) {
                    int value = samples[((top + y) * WIDTH + left + x) * all + of[s]];
                    int first = (x * of.length + s) * bits;
                    for (int bit = 0; bit < bits; bit++) {
                        int at = y * rowBytes + (first + bit) / 8;
                        bytes[at] |= (value >> bits - 1 - bit & 1) << 7 - (first + bit) % 8;
                    }
                }
            }
        }
        return bytes;
    }

    private static TiffBuilder tiff(
            int[] samples, int channels, int bits, int side, boolean apart) {
        int[] together = new int[channels];
        Arrays.setAll(together, i -> i);
        int partHeight = side == 0 ? 7 : side;
        int partWidth = side == 0 ? WIDTH : side;
        List<byte[]> parts = new ArrayList<>();
        for (int plane = 0; plane < (apart ? channels : 1); plane++) {
            int[] of = apart ? new int[] {plane} : together;
            for (int top = 0; top < HEIGHT; top += partHeight) {
                for (int left = 0; left < WIDTH; left += partWidth) {
                    int height = side == 0 ? Math.min(partHeight, HEIGHT - top) : partHeight;
                    parts.add(packed(samples, bits, top, left, height, partWidth, of));
                }
            }
        }
        int[] all = new int[channels];
        Arrays.fill(all, bits);
        TiffBuilder tiff =
                new TiffBuilder(ByteOrder.BIG_ENDIAN, WIDTH, HEIGHT)
                        .with(TiffTag.SAMPLES, channels)
                        .with(TiffTag.BITS, all)
                        .with(TiffTag.PLANAR, apart ? 2 : 1);
        byte[][] data = parts.toArray(new byte[0][]);
        return side == 0
                ? tiff.with(TiffTag.ROWS_PER_STRIP, partHeight).strips(data)
                : tiff.tiles(side, side, data);
    }

    private static int[] random(int channels, int bits, long seed) {
        return new Random(seed).ints((long) HEIGHT * WIDTH * channels, 0, 1 << bits).toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, false",
        "2, 2, 32, false",
        "4, 2, 16, true",
        "8, 5, 0, true",
        "8, 4, 48, false",
        "12, 3, 0, false",
        "12, 5, 16, false",
        "12, 2, 32, true",
        "16, 4, 0, false",
        "16, 5, 16, true",
        "16, 2, 48, false"
    })
    void eachSampleIsInItsPlace(int bits, int channels, int side, boolean apart) throws Exception {
        int[] samples = random(channels, bits, 7);
        Bitmap image = decoded(tiff(samples, channels, bits, side, apart), channels);
        for (int i = 0; i < samples.length; i++) {
            int expected = bits < 8 ? samples[i] * 255 / ((1 << bits) - 1) : samples[i];
            if ((int) image.value(i) != expected) {
                assertThat(image.value(i)).as("sample %d", i).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 4", "8, 5", "16, 4", "2, 4"})
    void inksInPlanesAreThoseThatLieTogether(int bits, int inks) throws Exception {
        int[] samples = random(inks, bits, 8);
        byte[] together =
                decoded(tiff(samples, inks, bits, 16, false).with(TiffTag.PHOTOMETRIC, 5), 3)
                        .samples();
        for (int side : new int[] {0, 16}) {
            TiffBuilder apart = tiff(samples, inks, bits, side, true);
            assertThat(decoded(apart.with(TiffTag.PHOTOMETRIC, 5), 3).samples())
                    .isEqualTo(together);
        }
        int paper = 255 - eightBits(samples[3], bits);
        int red = paper - Math.round(eightBits(samples[0], bits) * paper / 255f);
        assertThat(together[0] & 0xFF).isBetween(red - 1, red + 1);
    }

    private static int eightBits(int value, int bits) {
        return bits < 8 ? value * 255 / ((1 << bits) - 1) : value >> bits - 8;
    }

    /** Beside what becomes of it, an image takes the memory of one strip or tile. */
    @ParameterizedTest
    @CsvSource({"0, false", "0, true", "16, false", "16, true"})
    void partsAreNotGathered(int side, boolean apart) throws Exception {
        int channels = 13;
        int[] samples = new int[HEIGHT * WIDTH * channels];
        byte[] bytes = tiff(samples, channels, 16, side, apart).bytes();
        long result = 2L * samples.length;
        long part = (side == 0 ? 7L * WIDTH : (long) side * side) * 2 * (apart ? 1 : channels);
        try (ImageDecoder decoder =
                new ImageDecoder(LIMITS, channels, new SampleScale(2, List.of()))) {
            decoder.decode(bytes);
            long before = allocated();
            decoder.decode(bytes);
            assertThat(allocated() - before).isLessThan(result + 2 * part + 200_000);
        }
    }

    @Test
    void longRowIsUnpackedPieceByPiece() throws Exception {
        int width = 4_000_000;
        byte[] row = DamagedImages.deflate(new byte[width]);
        TiffBuilder tiff =
                new TiffBuilder(ByteOrder.LITTLE_ENDIAN, width, 1)
                        .with(TiffTag.COMPRESSION, 8)
                        .strips(row);
        try (ImageDecoder decoder = new ImageDecoder(LIMITS)) {
            decoder.decode(tiff.bytes());
            long before = allocated();
            decoder.decode(tiff.bytes());
            assertThat(allocated() - before).isLessThan(5L * width);
        }
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
