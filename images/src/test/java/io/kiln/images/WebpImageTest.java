package io.kiln.images;

import static io.kiln.images.DamagedImages.ascii;
import static io.kiln.images.DamagedImages.bytes;
import static io.kiln.images.DamagedImages.join;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebpImageTest {
    /** 256 x 256 pixels of (10, 20, 30). */
    private static final byte[] FLAT =
            Base64.getDecoder()
                    .decode("UklGRiQAAABXRUJQVlA4TBgAAAAv/8A/AAdQiirUo/8BAEX6/58i+p/6338=");

    private final ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 24));

    @AfterEach
    void close() {
        decoder.close();
    }

    private static byte[] chunk(String type, byte[] content) {
        byte[] length =
                ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(content.length)
                        .array();
        return join(ascii(type), length, content, new byte[content.length & 1]);
    }

    private static byte[] webp(byte[]... chunks) {
        return join(ascii("RIFF"), new byte[4], ascii("WEBP"), join(chunks));
    }

    /** Canvas of 60 x 50. */
    private static byte[] extended() {
        return chunk("VP8X", bytes(0x0A, 0, 0, 0, 59, 0, 0, 49, 0, 0));
    }

    private static byte[] losslessChunk() {
        byte[] file = TestImages.LOSSLESS_WEBP;
        return Arrays.copyOfRange(file, 12, file.length);
    }

    @Test
    void flatImageOfFewBytesIsDecoded() throws Exception {
        Bitmap flat = decoder.decode(FLAT);
        assertThat(flat.height()).isEqualTo(256);
        assertThat(flat.width()).isEqualTo(256);
        assertThat(flat.samples()).containsOnly(10, 20, 30);
    }

    @Test
    void firstFrameLiesOnItsCanvasAndTheRestIsBlack() throws Exception {
        byte[] frame =
                join(bytes(4, 0, 0, 5, 0, 0, 39, 0, 0, 23, 0, 0, 100, 0, 0, 0), losslessChunk());
        Bitmap canvas = decoder.decode(webp(extended(), chunk("ANMF", frame)));
        assertThat(canvas.width()).isEqualTo(60);
        assertThat(canvas.height()).isEqualTo(50);
        assertThat(canvas.value(10, 8, 0)).isEqualTo(200);
        assertThat(canvas.value(10 + 23, 8 + 39, 2)).isEqualTo(180);
        for (int[] free : new int[][] {{9, 8}, {10, 7}, {34, 8}, {10, 48}, {49, 59}}) {
            assertThat(canvas.value(free[0], free[1], 0)).isZero();
        }
    }

    @Test
    void orientationStandsInExifOrXmp() throws Exception {
        byte[] tiff =
                bytes(
                        'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0,
                        0, 0, 0);
        byte[] xmp = ascii("<rdf:Description tiff:Orientation=\"6\"/>");
        for (byte[] metadata :
                new byte[][] {
                    chunk("EXIF", tiff),
                    chunk("EXIF", join(ascii("Exif\0\0"), tiff)),
                    chunk("XMP ", xmp)
                }) {
            byte[] size = chunk("VP8X", bytes(0x0C, 0, 0, 0, 39, 0, 0, 23, 0, 0));
            Bitmap turned = decoder.decode(webp(size, losslessChunk(), metadata));
            assertThat(turned.width()).isEqualTo(24);
            assertThat(turned.height()).isEqualTo(40);
        }
    }

    @Test
    void whatIsCutOffBehindTheImageIsNotMissed() throws Exception {
        byte[] whole = webp(losslessChunk(), chunk("EXIF", new byte[100]));
        for (int lost : new int[] {0, 50, 100, 104, 108}) {
            byte[] cut = DamagedImages.cut(whole, whole.length - lost);
            assertThat(decoder.decode(cut).samples())
                    .isEqualTo(decoder.decode(TestImages.LOSSLESS_WEBP).samples());
        }
    }
}
