package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/**
 * Images that public reports of other libraries told of, and what Pillow or tifffile makes of them:
 * {@code resources/cases/expected.py} prints the table.
 */
class FoundImagesTest {
    private static final Set<String> DAMAGED =
            Set.of("tail_lost.jpg", "interval_lost.jpg", "rst_wrong.jpg");

    private static byte[] image(String file) throws IOException {
        try (InputStream in = FoundImagesTest.class.getResourceAsStream("/cases/" + file)) {
            return in.readAllBytes();
        }
    }

    private static Bitmap decoded(String file, int channels, int bytes, DamagePolicy policy)
            throws IOException, BadImageException {
        DecodeLimits limits = new DecodeLimits(1 << 20, 1 << 24, policy);
        SampleScale scale = new SampleScale(bytes, List.of());
        try (ImageDecoder decoder = new ImageDecoder(limits, channels, scale)) {
            return decoder.decode(image(file));
        }
    }

    @ParameterizedTest
    @CsvFileSource(resources = "/cases/images.csv")
    void samplesAreThoseOfPillow(
            String file, int channels, int bytes, int height, int width, String digest)
            throws Exception {
        Bitmap image = decoded(file, channels, bytes, DamagePolicy.TAKE);
        assertThat(image.height()).isEqualTo(height);
        assertThat(image.width()).isEqualTo(width);
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(image.samples());
        assertThat(HexFormat.of().formatHex(sum)).startsWith(digest);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "/cases/images.csv")
    void onlyThoseThatLostPixelsAreRefusedUnlessTaken(String file, int channels, int bytes)
            throws Exception {
        if (!DAMAGED.contains(file)) {
            assertThat(decoded(file, channels, bytes, DamagePolicy.REFUSE).samples()).isNotEmpty();
            return;
        }
        assertThatThrownBy(() -> decoded(file, channels, bytes, DamagePolicy.REFUSE))
                .isInstanceOf(BadImageException.class)
                .hasMessageContaining("Corrupt JPEG data");
    }
}
