package io.kiln.ingest;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small images, each of another content. */
final class SampleImages {
    private SampleImages() {}

    /**
     * @param format as ImageIO calls it: jpg, png, gif, bmp, tiff
     */
    static byte[] encoded(String format, long seed) throws IOException {
        BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(seed);
        for (int i = 0; i < 256; i++) {
            image.setRGB(i % 16, i / 16, random.nextInt(0x1000000));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, bytes)) {
            throw new IOException("this JDK writes no " + format);
        }
        return bytes.toByteArray();
    }

    static byte[] png(long seed) throws IOException {
        return encoded("png", seed);
    }
}
