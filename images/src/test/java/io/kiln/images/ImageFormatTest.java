package io.kiln.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageFormatTest {
    @ParameterizedTest
    @CsvSource({
        "jpg, JPEG, image/jpeg",
        "png, PNG, image/png",
        "gif, GIF, image/gif",
        "bmp, BMP, image/bmp",
        "tiff, TIFF, image/tiff"
    })
    void imagesAreKnownByTheirBytes(String encoder, ImageFormat format, String mediaType) {
        assertThat(ImageFormat.detect(TestImages.encode(TestImages.scene(9, 9), encoder)))
                .contains(format);
        assertThat(format.mediaType()).isEqualTo(mediaType);
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
    void variantsAreKnownByTheirFirstBytes(String hex, ImageFormat format) {
        assertThat(ImageFormat.detect(HexFormat.of().parseHex(hex))).contains(format);
    }

    @ParameterizedTest
    @CsvSource({
        "''",
        "424D57206973206120666163746F72792E2E2E",
        "52494646000000005741564566",
        "FFD8",
        "89504E47"
    })
    void whatOnlyResemblesAnImageIsNone(String hex) {
        assertThat(ImageFormat.detect(HexFormat.of().parseHex(hex))).isEmpty();
    }
}
