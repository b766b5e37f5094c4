package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentTypeTest {
    @ParameterizedTest
    @CsvSource({
        "jpg, JPEG, image/jpeg",
        "png, PNG, image/png",
        "gif, GIF, image/gif",
        "bmp, BMP, image/bmp",
        "tiff, TIFF, image/tiff"
    })
    void picturesAreKnownByTheirBytes(String format, ContentType type, String mediaType)
            throws IOException {
        assertThat(ContentType.detect(TestImages.encoded(format, 16, 1))).contains(type);
        assertThat(type.mediaType()).isEqualTo(mediaType);
    }

    @ParameterizedTest
    @CsvSource({
        "524946461A000000574542505650384C, WEBP",
        "474946383761, GIF",
        "49492A0008000000, TIFF",
        "4D4D002A00000008, TIFF",
        "49492B0008000000, TIFF",
        "424D00000000000000000000000028000000, BMP",
        "424D0000000000000000000000000C000000, BMP"
    })
    void variantsAreKnownByTheirFirstBytes(String hex, ContentType type) {
        assertThat(ContentType.detect(HexFormat.of().parseHex(hex))).contains(type);
    }

    @ParameterizedTest
    @CsvSource({
        "'', an empty file",
        "BMW is a maker of cars and no bitmap, text",
        "RIFFxxxxWAVEfmt, text",
        "%PDF-1.7, a PDF document",
        "xxxxftypheic, 'a HEIF picture, which Kiln does not read'",
        "xxxxftypavif, 'an AVIF picture, which Kiln does not read'",
        "xxxxftypisom, a video or another file of the MP4 family",
        "xxxxftyp, a video or another file of the MP4 family",
        "'PK\u0003\u0004', a zip archive inside another file",
        "'\u0000\u0001\u0002', no known picture: begins with 00 01 02"
    })
    void whatIsNoPictureIsNamed(String text, String description) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(ContentType.detect(bytes)).isEmpty();
        assertThat(ContentType.describe(bytes)).isEqualTo(description);
    }

    @Test
    void tarInsideAnotherFileIsNamed() throws IOException {
        byte[] tar = Archives.tar(Map.of("a.png", TestImages.png(1)));
        assertThat(ContentType.describe(tar)).isEqualTo("a tar archive inside another file");
    }

    @Test
    void everyBeginningOfAnyFileCanBeDescribed() throws IOException {
        long seed = 20;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                byte[] real = TestImages.encoded(random.nextBoolean() ? "bmp" : "tiff", 16, i);
                System.arraycopy(real, 0, bytes, 0, random.nextInt(bytes.length + 1));
            }
            assertThat(ContentType.describe(bytes)).as("seed %d, case %d", seed, i).isNotBlank();
            assertThat(ContentType.detect(bytes)).as("seed %d, case %d", seed, i).isNotNull();
        }
    }
}
