package io.kiln.images;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Decodes a folder of images for {@code .ci/compare_with_pillow.py}: beside each file FILE.pixels
 * (int32 height, width, channels, big-endian; then the samples) or FILE.refused (the defect and the
 * message). Names tell how: files with "-13ch" are decoded to 13 channels, and damage is taken in
 * files with "-taken".
 */
@EnabledIfSystemProperty(named = "kiln.pillow", matches = ".+")
class PillowComparisonTest {
    @Test
    void decodesTheFolder() throws IOException {
        Path folder = Path.of(System.getProperty("kiln.pillow"));
        List<Path> files;
        try (Stream<Path> listed = Files.list(folder)) {
            files = listed.filter(file -> !isResult(file)).sorted().toList();
        }
        DecodeLimits limits = new DecodeLimits(1 << 24, 1 << 26);
        try (ImageDecoder colours = new ImageDecoder(limits);
                ImageDecoder bands = new ImageDecoder(limits, 13);
                ImageDecoder taking =
                        new ImageDecoder(new DecodeLimits(1 << 24, 1 << 26, DamagePolicy.TAKE))) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                ImageDecoder decoder = name.contains("-taken") ? taking : colours;
                decode(file, name.contains("-13ch") ? bands : decoder);
            }
        }
    }

    private static boolean isResult(Path file) {
        String name = file.toString();
        return name.endsWith(".pixels") || name.endsWith(".refused");
    }

    private static void decode(Path file, ImageDecoder decoder) throws IOException {
        try {
            Bitmap image = decoder.decode(Files.readAllBytes(file));
            ByteBuffer out = ByteBuffer.allocate(12 + image.samples().length);
            out.putInt(image.height()).putInt(image.width()).putInt(image.channels());
            Files.write(Path.of(file + ".pixels"), out.put(image.samples()).array());
        } catch (BadImageException e) {
            Files.writeString(Path.of(file + ".refused"), e.defect() + "\t" + e.getMessage());
        }
    }
}
