package io.kiln.evaluation.probe;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Folders of labelled pictures, 70 x 64 pixels each: dark ones and bright ones, with noise. */
public final class TestPictures {
    private TestPictures() {}

    /**
     * Writes a folder for each class.
     *
     * @param colours a class each, red, green and blue
     * @return the folder of all classes
     */
    public static Path write(Path folder, int each, int... colours) throws IOException {
        Random random = new Random(7);
        for (int colour : colours) {
            Path of = Files.createDirectories(folder.resolve(Integer.toHexString(colour)));
            for (int i = 0; i < each; i++) {
                BufferedImage image = new BufferedImage(70, 64, BufferedImage.TYPE_INT_RGB);
                for (int at = 0; at < 70 * 64; at++) {
                    image.setRGB(at % 70, at / 70, colour + random.nextInt(0x10) * 0x010101);
                }
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        return folder;
    }
}
