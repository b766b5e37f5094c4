package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrientationTest {
    private static final DecodeLimits LIMITS = new DecodeLimits(1 << 20, 1 << 20);

    /** Rows "ab", "cd", "ef"; what they look like upright is the definition of the tag. */
    @ParameterizedTest
    @CsvSource({
        "1,2,abcdef", "2,2,badcfe", "3,2,fedcba", "4,2,efcdab",
        "5,3,acebdf", "6,3,ecafdb", "7,3,fdbeca", "8,3,bdface"
    })
    void pixelsGoWhereTheTagSays(int code, int width, String upright) {
        Bitmap turned = Orientation.values()[code - 1].apply(letters(3, 2, "abcdef"));
        assertThat(turned.width()).isEqualTo(width);
        assertThat(turned.samples()).isEqualTo(letters(6 / width, width, upright).samples());
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void jpegThatACameraMarkedAsTurnedStandsUpright(boolean littleEndian) throws Exception {
        Bitmap scene = TestImages.scene(40, 64);
        byte[] jpeg = TestImages.jpeg(scene);
        byte[] marked = DamagedImages.insert(jpeg, 2, exif(littleEndian, 6));
        try (ImageDecoder decoder = new ImageDecoder(LIMITS)) {
            Bitmap plain = decoder.decode(jpeg);
            Bitmap turned = decoder.decode(marked);
            assertThat(turned.height()).isEqualTo(64);
            assertThat(turned.width()).isEqualTo(40);
            for (int channel = 0; channel < 3; channel++) {
                // Turned to the right, the lower left corner comes to the upper left.
                assertThat(turned.value(0, 0, channel)).isEqualTo(plain.value(39, 0, channel));
                assertThat(turned.value(63, 0, channel)).isEqualTo(plain.value(39, 63, channel));
            }
        }
    }

    private static void assertTurned(byte[] image) throws BadImageException {
        try (ImageDecoder decoder = new ImageDecoder(LIMITS)) {
            assertThat(decoder.decode(image).height()).isEqualTo(64);
            assertThat(decoder.decode(image).width()).isEqualTo(40);
        }
    }

    private static byte[] xmp(String property) {
        String packet = "<x:xmpmeta><rdf:RDF><rdf:Description " + property + "/></x:xmpmeta>";
        return DamagedImages.ascii(packet);
    }

    @Test
    void ofTwoExifSegmentsTheFirstCounts() throws Exception {
        byte[] jpeg = TestImages.jpeg(TestImages.scene(40, 64));
        byte[] both = DamagedImages.join(exif(true, 6), exif(false, 1));
        assertTurned(DamagedImages.insert(jpeg, 2, both));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 8, 9})
    void orientationMayBeAShortOrALongNumberWithOrWithoutASign(int type) throws Exception {
        byte[] jpeg = TestImages.jpeg(TestImages.scene(40, 64));
        byte[] exif = exif(true, 6);
        exif[4 + 6 + 12] = (byte) type;
        assertTurned(DamagedImages.insert(jpeg, 2, exif));
    }

    @ParameterizedTest
    @CsvSource({"tiff:Orientation=\"6\"", "><tiff:Orientation>6</tiff:Orientation"})
    void xmpCountsWhereExifHasNoOrientation(String property) throws Exception {
        byte[] jpeg = TestImages.jpeg(TestImages.scene(40, 64));
        byte[] segment =
                DamagedImages.segment(
                        0xE1,
                        DamagedImages.join(
                                DamagedImages.ascii("http://ns.adobe.com/xap/1.0/\0"),
                                xmp(property)));
        assertTurned(DamagedImages.insert(jpeg, 2, segment));
        byte[] upright = DamagedImages.insert(jpeg, 2, DamagedImages.join(segment, exif(true, 1)));
        try (ImageDecoder decoder = new ImageDecoder(LIMITS)) {
            assertThat(decoder.decode(upright).height()).isEqualTo(40);
        }
    }

    @Test
    void pngHasItsOrientationInAChunkOfItsOwn() throws Exception {
        byte[] png = TestImages.encode(TestImages.scene(40, 64), "png");
        byte[] segment = exif(false, 6);
        byte[] tiff = Arrays.copyOfRange(segment, 10, segment.length);
        byte[] text =
                DamagedImages.join(
                        DamagedImages.ascii("XML:com.adobe.xmp\0\0\0\0\0"),
                        xmp("tiff:Orientation=\"6\""));
        int end = png.length - 12;
        for (int at : new int[] {33, end}) {
            assertTurned(DamagedImages.insert(png, at, DamagedImages.chunk("eXIf", tiff)));
            assertTurned(DamagedImages.insert(png, at, DamagedImages.chunk("iTXt", text)));
        }
    }

    /** As ImageMagick writes it when it makes a PNG of a camera's JPEG. */
    @Test
    void pngMayHaveItsExifInDigitsOrBehindASignature() throws Exception {
        byte[] png = TestImages.encode(TestImages.scene(40, 64), "png");
        byte[] segment = exif(false, 6);
        byte[] signed = Arrays.copyOfRange(segment, 4, segment.length);
        String digits = HexFormat.of().formatHex(signed);
        byte[] text =
                DamagedImages.ascii(
                        "\nexif\n      "
                                + signed.length
                                + "\n"
                                + digits.replaceAll(".{36}", "$0\n"));
        byte[] name = DamagedImages.ascii("Raw profile type exif\0");
        byte[] deflated = DamagedImages.join(name, new byte[1], DamagedImages.deflate(text));
        for (byte[] chunk :
                new byte[][] {
                    DamagedImages.chunk("eXIf", signed),
                    DamagedImages.chunk("tEXt", DamagedImages.join(name, text)),
                    DamagedImages.chunk("zTXt", deflated)
                }) {
            assertTurned(DamagedImages.insert(png, 33, chunk));
        }
        for (byte[] broken :
                new byte[][] {
                    name,
                    DamagedImages.join(name, DamagedImages.ascii("\nexif\n3\nxyz")),
                    DamagedImages.join(name, DamagedImages.ascii("\nexif\n3\n4d4"))
                }) {
            for (String type : new String[] {"tEXt", "zTXt"}) {
                byte[] image = DamagedImages.insert(png, 33, DamagedImages.chunk(type, broken));
                try (ImageDecoder decoder = new ImageDecoder(LIMITS)) {
                    assertThat(decoder.decode(image).height()).isEqualTo(40);
                }
            }
        }
    }

    @Test
    void xmpOfAPngMayBeDeflated() throws Exception {
        byte[] png = TestImages.encode(TestImages.scene(40, 64), "png");
        byte[] text =
                DamagedImages.join(
                        DamagedImages.ascii("XML:com.adobe.xmp\0\1\0en\0\0"),
                        DamagedImages.deflate(xmp("tiff:Orientation=\"6\"")));
        assertTurned(DamagedImages.insert(png, 33, DamagedImages.chunk("iTXt", text)));
    }

    @Test
    void brokenExifSpoilsNothing() throws Exception {
        byte[] jpeg = TestImages.jpeg(TestImages.scene(24, 16));
        byte[] exif = exif(true, 6);
        try (ImageDecoder decoder = new ImageDecoder(LIMITS)) {
            for (int at = 10; at < exif.length; at++) {
                byte[] damaged = exif.clone();
                damaged[at] ^= (byte) 0xFF;
                assertThat(decoder.decode(DamagedImages.insert(jpeg, 2, damaged)).samples())
                        .hasSize(24 * 16 * 3);
            }
        }
    }

    private static byte[] exif(boolean littleEndian, int code) {
        byte[] tiff =
                littleEndian
                        ? DamagedImages.bytes(
                                'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, code,
                                0, 0, 0, 0, 0, 0, 0)
                        : DamagedImages.bytes(
                                'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0,
                                code, 0, 0, 0, 0, 0, 0);
        return DamagedImages.segment(
                0xE1, DamagedImages.join(DamagedImages.ascii("Exif\0\0"), tiff));
    }

    private static Bitmap letters(int height, int width, String letters) {
        byte[] rgb = new byte[height * width * 3];
        for (int i = 0; i < letters.length(); i++) {
            rgb[3 * i] = (byte) letters.charAt(i);
            rgb[3 * i + 1] = (byte) (letters.charAt(i) + 1);
            rgb[3 * i + 2] = (byte) (letters.charAt(i) + 2);
        }
        return Bitmap.rgb(height, width, rgb);
    }
}
