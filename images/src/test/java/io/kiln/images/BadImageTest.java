package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.sun.management.ThreadMXBean;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BadImageTest {
    private static final Bitmap SCENE = TestImages.scene(61, 83);
    private static final int MAX_PIXELS = 1 << 26;

    /** A seed; there are four. */
    private static final int MUTATIONS = Integer.getInteger("kiln.fuzz", 500);

    /** Ten times what is promised: builds share their machines. */
    private static final long SLOW = 10_000_000_000L;

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, MAX_PIXELS));

    @AfterEach
    void close() {
        decoder.close();
    }

    @Test
    void nothingAtAllIsNotAnImage() {
        assertRefused(new byte[0], ImageDefect.NOT_AN_IMAGE, "no bytes at all");
    }

    @Test
    void textNamedLikeAnImageIsNotAnImage() {
        byte[] text = "Dear reader, I am x.jpg".getBytes(StandardCharsets.UTF_8);
        assertRefused(text, ImageDefect.NOT_AN_IMAGE, "23 bytes that begin with 44 65 61 72");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 20, 21, 100, 300, 620, 700, 1000, 2000, -3})
    void truncatedJpegIsRefused(int length) {
        byte[] jpeg = TestImages.jpeg(SCENE);
        int cut = length > 0 ? length : jpeg.length + length;
        assertRefused(DamagedImages.cut(jpeg, cut), ImageDefect.TRUNCATED, "JPEG");
    }

    @Test
    void truncatedProgressiveJpegIsRefused() {
        byte[] jpeg = TestImages.progressiveJpeg(SCENE);
        assertRefused(
                DamagedImages.cut(jpeg, jpeg.length / 2),
                ImageDefect.TRUNCATED,
                "end-of-image marker");
    }

    @Test
    void truncatedJpegThatWasClosedAgainIsRefused() {
        byte[] jpeg = TestImages.jpeg(SCENE);
        byte[] closed =
                DamagedImages.join(
                        DamagedImages.cut(jpeg, jpeg.length * 2 / 3),
                        DamagedImages.bytes(0xFF, 0xD9));
        assertRefused(closed, ImageDefect.TRUNCATED, "premature end");
    }

    /**
     * @param tail bytes at the end of the file without which no pixel is missing, and one more
     */
    @ParameterizedTest
    @CsvSource({"png,40", "gif,8", "bmp,1"})
    void otherFormatsTruncatedAreRefused(String format, int tail) {
        byte[] bytes =
                TestImages.encode(
                        TestImages.buffered(SCENE, BufferedImage.TYPE_BYTE_INDEXED), format);
        for (int length : new int[] {27, 60, bytes.length / 2, bytes.length - tail}) {
            assertRefused(DamagedImages.cut(bytes, length), ImageDefect.TRUNCATED, "");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"LZW", "Deflate", "PackBits"})
    void truncatedTiffIsRefused(String compression) {
        byte[] bytes = TiffBuilder.encoded(SCENE, compression);
        // The last bytes are a checksum or a mark of the end, without which no pixel is missing.
        for (int length : new int[] {5, 8, 60, bytes.length / 2, bytes.length - 12}) {
            assertRefused(DamagedImages.cut(bytes, length), ImageDefect.TRUNCATED, "TIFF");
        }
    }

    @Test
    void truncatedWebpIsRefused() {
        for (byte[] webp : new byte[][] {TestImages.LOSSY_WEBP, TestImages.LOSSLESS_WEBP}) {
            assertRefused(DamagedImages.cut(webp, 15), ImageDefect.TRUNCATED, "WebP");
            assertRefused(DamagedImages.cut(webp, webp.length - 2), ImageDefect.TRUNCATED, "WebP");
        }
    }

    @Test
    void pngOf60000By60000PixelsIsRefusedBeforeAnythingIsAllocated() {
        byte[] bomb =
                DamagedImages.png(
                        DamagedImages.pngHeader(60_000, 60_000, 8, 2),
                        DamagedImages.chunk("IDAT", DamagedImages.deflate(new byte[3_000_000])));
        assertThat(bomb.length).isLessThan(10_000);
        assertRefusedWithoutAllocating(
                bomb,
                ImageDefect.TOO_MANY_PIXELS,
                "60000 x 60000 pixels; masking.maxPixels allows");
    }

    @Test
    void jpegOf65000By65000PixelsIsRefusedBeforeAnythingIsAllocated() {
        assertRefusedWithoutAllocating(
                announcing(65_000, 65_000), ImageDefect.TOO_MANY_PIXELS, "65000 x 65000");
    }

    /** Of 16 bits, a pixel takes 8 bytes as the decoder has it, and 6 as it becomes. */
    @Test
    void pixelsThatTakeMoreMemoryCountAsMorePixels() {
        int side = (int) Math.sqrt(0.6 * MAX_PIXELS);
        byte[] data = DamagedImages.chunk("IDAT", DamagedImages.deflate(new byte[1000]));
        byte[] wide = DamagedImages.png(DamagedImages.pngHeader(side, side, 16, 6), data);
        assertRefusedWithoutAllocating(
                wide,
                ImageDefect.TOO_MANY_PIXELS,
                "PNG of 6345 x 6345 pixels takes 563880150 bytes while it is decoded;"
                        + " masking.maxPixels allows 67108864 pixels of 8 bytes");
        byte[] bytes = DamagedImages.png(DamagedImages.pngHeader(side, side, 8, 6), data);
        assertRefusedWithoutAllocating(bytes, ImageDefect.TRUNCATED, "PNG of 6345 x 6345");
        byte[] row = DamagedImages.png(DamagedImages.pngHeader(MAX_PIXELS / 2, 1, 8, 6), data);
        assertRefusedWithoutAllocating(row, ImageDefect.TOO_MANY_PIXELS, "PNG of 33554432 x 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void commonImagesOfAsManyPixelsAsAllowedAreTaken(int sampleBytes) {
        int side = (int) Math.sqrt(MAX_PIXELS);
        byte[] data = DamagedImages.chunk("IDAT", DamagedImages.deflate(new byte[1000]));
        TiffBuilder colours =
                new TiffBuilder(ByteOrder.LITTLE_ENDIAN, side, side).with(TiffTag.COMPRESSION, 8);
        byte[] turned =
                samples(colours, 3, 2).with(TiffTag.ORIENTATION, 6).strips(new byte[9]).bytes();
        byte[] transparent =
                samples(colours, 4, 2).with(TiffTag.ORIENTATION, 1).strips(new byte[9]).bytes();
        byte[] inks = samples(colours, 4, 5).strips(new byte[9]).bytes();
        byte[] grey = DamagedImages.png(DamagedImages.pngHeader(side, side, 16, 0), data);
        DecodeLimits limits = new DecodeLimits(1 << 20, MAX_PIXELS);
        SampleScale scale = new SampleScale(sampleBytes, List.of());
        try (ImageDecoder decoder = new ImageDecoder(limits, Bitmap.RGB, scale)) {
            for (byte[] image : List.of(grey, turned, transparent, inks, announcing(side, side))) {
                assertThatThrownBy(() -> decoder.decode(image))
                        .hasMessageContaining("of 8192 x 8192 pixels holds")
                        .asInstanceOf(type(BadImageException.class))
                        .extracting(BadImageException::defect)
                        .isEqualTo(ImageDefect.TRUNCATED);
            }
        }
    }

    private static TiffBuilder samples(TiffBuilder tiff, int samples, int colour) {
        int[] bits = new int[samples];
        Arrays.fill(bits, 8);
        return tiff.with(TiffTag.SAMPLES, samples)
                .with(TiffTag.BITS, bits)
                .with(TiffTag.PHOTOMETRIC, colour);
    }

    /** Rows are padded to four bytes, however short they are. */
    @Test
    void bmpOfOneColumnAndOneRunIsRefusedBeforeAnythingIsAllocated() {
        byte[] bmp = BmpImageTest.bmp(40, 1, MAX_PIXELS - 1, 8, 1, new byte[1024], 0, new byte[2]);
        assertRefusedWithoutAllocating(
                bmp, ImageDefect.TOO_MANY_PIXELS, "BMP of 1 x 67108863 pixels takes");
    }

    /** The JDK's reader of PNG holds the image that it read last. */
    @Test
    void decodedImageIsNotHeld() throws Exception {
        byte[] png = TestImages.encode(TestImages.scene(3000, 3000), "png");
        try (ImageDecoder large = new ImageDecoder(DecodeLimits.WIDE)) {
            long before = held();
            large.decode(png);
            assertThat(held() - before).as("bytes held").isLessThan(9_000_000);
        }
    }

    private static long held() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @Test
    void headerThatAnnouncesMoreThanTheDataCanHoldIsNotBelieved() {
        byte[] png =
                DamagedImages.png(
                        DamagedImages.pngHeader(8000, 8000, 8, 2),
                        DamagedImages.chunk("IDAT", DamagedImages.deflate(new byte[1000])));
        assertRefusedWithoutAllocating(
                png, ImageDefect.TRUNCATED, "PNG of 8000 x 8000 pixels holds");
        assertRefusedWithoutAllocating(
                announcing(8000, 8000), ImageDefect.TRUNCATED, "JPEG of 8000 x 8000 pixels holds");
        byte[] bmp = TestImages.encode(SCENE, "bmp");
        bmp[19] = 31;
        assertRefusedWithoutAllocating(bmp, ImageDefect.TRUNCATED, "BMP of 8019 x 61 pixels holds");
    }

    @Test
    void gifWhoseDataEndsBeforeItsLastPixelIsTruncated() {
        BufferedImage image = new BufferedImage(9, 9, BufferedImage.TYPE_BYTE_INDEXED);
        byte[] gif = TestImages.encode(image, "gif");
        int frame = 13 + 3 * 256;
        gif[frame + 7] = 10;
        assertRefused(gif, ImageDefect.TRUNCATED, "GIF of 9 x 10 pixels holds only 81 pixels");
        gif[frame + 6] = (byte) 0x80;
        gif[frame + 8] = (byte) 0x80;
        assertRefused(gif, ImageDefect.TOO_MANY_PIXELS, "GIF of 32777 x 32778 pixels");
    }

    @Test
    void losslessWebpOfHugeSizeInFewBytesIsRefused() {
        byte[] webp = TestImages.LOSSLESS_WEBP.clone();
        System.arraycopy(DamagedImages.bytes(0xFF, 0xDF, 0xFF, 0x07), 0, webp, 21, 4);
        assertRefusedWithoutAllocating(
                webp, ImageDefect.TOO_COMPLEX, "WebP of 8192 x 8192 pixels out of only 31 bytes");
    }

    @Test
    void losslessWebpThatNeedsMoreDataThanThereIsIsRefused() {
        byte[] webp = TestImages.LOSSLESS_WEBP.clone();
        webp[33] = (byte) 0x9A;
        webp[50] = 0x3C;
        assertRefused(webp, ImageDefect.UNDECODABLE, "BitstreamError");
    }

    @Test
    void textOfAPngThatInflatesWithoutEndIsNotRead() throws Exception {
        byte[] text =
                DamagedImages.join(
                        DamagedImages.ascii("k\0\0"), DamagedImages.deflate(new byte[20_000_000]));
        byte[] bomb =
                DamagedImages.insert(
                        TestImages.encode(SCENE, "png"), 33, DamagedImages.chunk("zTXt", text));
        decoder.decode(bomb);
        long before = allocated();
        assertThat(decoder.decode(bomb).samples()).isEqualTo(SCENE.samples());
        assertThat(allocated() - before).isLessThan(2_000_000);
    }

    @Test
    void pngOfCountlessChunksIsRefused() {
        for (String type : new String[] {"IDAT", "tEXt"}) {
            byte[] empty = DamagedImages.chunk(type, new byte[0]);
            byte[] chunks = new byte[80_000 * empty.length];
            for (int at = 0; at < chunks.length; at += empty.length) {
                System.arraycopy(empty, 0, chunks, at, empty.length);
            }
            byte[] bomb = DamagedImages.png(DamagedImages.pngHeader(64, 64, 8, 2), chunks);
            assertRefused(bomb, ImageDefect.TOO_COMPLEX, "more than 65536 chunks");
            long before = allocated();
            assertRefused(bomb, ImageDefect.TOO_COMPLEX, "");
            assertThat(allocated() - before).as("bytes allocated").isLessThan(4_000_000);
        }
    }

    @Test
    void jpegOfAHundredScansIsRefused() {
        byte[] jpeg = TestImages.jpeg(SCENE);
        byte[] scan = Arrays.copyOfRange(jpeg, DamagedImages.marker(jpeg, 0xDA), jpeg.length - 2);
        ByteArrayOutputStream scans = new ByteArrayOutputStream();
        for (int i = 0; i < 100; i++) {
            scans.writeBytes(scan);
        }
        byte[] bomb = DamagedImages.insert(jpeg, jpeg.length - 2, scans.toByteArray());
        assertRefused(bomb, ImageDefect.TOO_COMPLEX, "more than 64 scans");
    }

    @Test
    void damagedDataIsUndecodable() {
        byte[] png = TestImages.encode(SCENE, "png");
        png[100] ^= 1;
        assertRefused(png, ImageDefect.UNDECODABLE, "does not match its checksum");
        byte[] noise =
                DamagedImages.png(
                        DamagedImages.pngHeader(20, 20, 8, 2),
                        DamagedImages.chunk(
                                "IDAT",
                                "this was never deflated".getBytes(StandardCharsets.US_ASCII)));
        assertRefused(noise, ImageDefect.UNDECODABLE, "PNG cannot be decoded");
    }

    @Test
    void whatIsKnownButNotDecodedIsUnsupported() {
        assertRefused(
                DamagedImages.join(
                        DamagedImages.bytes(0, 0, 0, 24), DamagedImages.ascii("ftypheic")),
                ImageDefect.UNSUPPORTED,
                "HEIF");
        byte[] twelveBits = TestImages.jpeg(SCENE);
        twelveBits[DamagedImages.marker(twelveBits, 0xC0) + 4] = 12;
        assertRefused(twelveBits, ImageDefect.UNSUPPORTED, "12 bits");
        byte[] arithmetic = TestImages.jpeg(SCENE);
        arithmetic[DamagedImages.marker(arithmetic, 0xC0) + 1] = (byte) 0xC9;
        assertRefused(arithmetic, ImageDefect.UNSUPPORTED, "SOF9");
    }

    @Test
    void moreBytesThanAllowedAreRefused() {
        assertRefused(
                new byte[(1 << 20) + 1],
                ImageDefect.TOO_MANY_BYTES,
                "1048577 bytes; ingest.maxImageBytes allows 1048576");
    }

    @Test
    void decoderStaysUsableAfterEveryRefusal() throws Exception {
        byte[] jpeg = TestImages.jpeg(SCENE);
        byte[] expected = decoder.decode(jpeg).samples();
        byte[] closed =
                DamagedImages.join(
                        DamagedImages.cut(jpeg, jpeg.length / 2), DamagedImages.bytes(0xFF, 0xD9));
        for (int i = 0; i < 3; i++) {
            assertRefused(closed, ImageDefect.TRUNCATED, "");
            assertThat(decoder.decode(jpeg).samples()).isEqualTo(expected);
        }
    }

    /** A null stands for whatever an image may make the code throw. */
    @Test
    void whatNobodyForesawRefusesTheImageToo() {
        assertThatThrownBy(() -> decoder.decode(null))
                .isInstanceOf(BadImageException.class)
                .hasMessageContaining("the image cannot be decoded: java.lang.NullPointerException")
                .hasCauseInstanceOf(NullPointerException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedImagesAreDecodedOrRefusedAndNothingElse(long seed) {
        Random random = new Random(seed);
        byte[][] originals = {
            TestImages.jpeg(SCENE),
            TestImages.progressiveJpeg(SCENE),
            TestImages.fourComponentJpeg(20, 30, 10, 100, 200, 250),
            TestImages.encode(SCENE, "png"),
            TestImages.encode(TestImages.buffered(SCENE, BufferedImage.TYPE_BYTE_INDEXED), "png"),
            TestImages.encode(TestImages.buffered(SCENE, BufferedImage.TYPE_BYTE_INDEXED), "gif"),
            TestImages.encode(SCENE, "bmp"),
            TestImages.encode(TestImages.buffered(SCENE, BufferedImage.TYPE_USHORT_565_RGB), "bmp"),
            TestImages.LOSSY_WEBP,
            TestImages.LOSSLESS_WEBP,
            TestImages.ANIMATED_WEBP,
            TiffBuilder.encoded(SCENE, "LZW"),
            new TiffBuilder(ByteOrder.BIG_ENDIAN, 9, 5).strips(new byte[45]).bytes()
        };
        int refused = 0;
        ImageDecoder small = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20));
        long slowest = 0;
        long largest = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = mutate(originals[i % originals.length].clone(), random);
            long start = System.nanoTime();
            long before = allocated();
            try {
                small.decodeUnguarded(mutated);
            } catch (BadImageException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", mutation " + i, e);
            }
            slowest = Math.max(slowest, System.nanoTime() - start);
            largest = Math.max(largest, allocated() - before);
        }
        small.close();
        System.out.printf(
                "seed %d: %,d of %,d refused; longest %,d ms; most allocated %,d KiB%n",
                seed, refused, MUTATIONS, slowest / 1_000_000, largest >> 10);
        assertThat((double) refused / MUTATIONS)
                .as("share refused, seed %d", seed)
                .isBetween(0.12, 0.98);
        assertThat(slowest).as("nanoseconds of the slowest, seed %d", seed).isLessThan(SLOW);
        assertThat(largest).as("bytes allocated for one, seed %d", seed).isLessThan(64 << 20);
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        int changes = 1 + random.nextInt(6);
        for (int i = 0; i < changes; i++) {
            int area = random.nextBoolean() ? Math.min(64, bytes.length) : bytes.length;
            bytes[random.nextInt(area)] = (byte) random.nextInt(256);
        }
        return random.nextInt(10) == 0
                ? DamagedImages.cut(bytes, random.nextInt(bytes.length))
                : bytes;
    }

    /** A JPEG whose header announces another size than its data holds. */
    private static byte[] announcing(int height, int width) {
        byte[] jpeg = TestImages.jpeg(SCENE);
        int frame = DamagedImages.marker(jpeg, 0xC0);
        byte[] size = DamagedImages.bytes(height >> 8, height, width >> 8, width);
        System.arraycopy(size, 0, jpeg, frame + 5, 4);
        return jpeg;
    }

    private void assertRefusedWithoutAllocating(byte[] bytes, ImageDefect reason, String text) {
        assertRefused(bytes, reason, text);
        long before = allocated();
        assertRefused(bytes, reason, text);
        assertThat(allocated() - before).as("bytes allocated").isLessThan(2_000_000);
    }

    private void assertRefused(byte[] bytes, ImageDefect reason, String text) {
        assertThatThrownBy(() -> decoder.decode(bytes))
                .isInstanceOf(BadImageException.class)
                .hasMessageContaining(text)
                .asInstanceOf(type(BadImageException.class))
                .extracting(BadImageException::defect)
                .isEqualTo(reason);
    }

    private static long allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
