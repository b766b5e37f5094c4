package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.TestImages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchiveTypeTest {
    @ParameterizedTest
    @CsvSource({
        "'', an empty file",
        "BMW is a maker of cars and no bitmap, text",
        "RIFFxxxxWAVEfmt, text",
        "%PDF-1.7, a PDF document",
        "xxxxftypheic, 'a HEIF image, which Kiln does not read'",
        "xxxxftypavif, 'an AVIF image, which Kiln does not read'",
        "xxxxftypisom, a video or another file of the MP4 family",
        "xxxxftyp, a video or another file of the MP4 family",
        "'PK\u0003\u0004', a zip archive inside another file",
        "'\u0000\u0001\u0002', no known image: begins with 00 01 02"
    })
    void whatIsNoImageIsNamed(String text, String description) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(ArchiveType.describe(bytes)).isEqualTo(description);
    }

    @Test
    void tarInsideAnotherFileIsNamed() throws IOException {
        byte[] tar = Archives.tar(Map.of("a.png", TestImages.png(1)));
        assertThat(ArchiveType.describe(tar)).isEqualTo("a tar archive inside another file");
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
            assertThat(ArchiveType.describe(bytes)).as("seed %d, case %d", seed, i).isNotBlank();
        }
    }
}
