package io.kiln.endtoend;

import io.kiln.demo.scenes.Scenes;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Images for runs under faults. */
final class FaultInput {
    private static final int SCENE_SIDE = 96;

    /** With this side, masking takes a while. */
    private static final int LARGE = 768;

    private static final Scenes SCENES = new Scenes(11, SCENE_SIDE);

    private FaultInput() {}

    /** Writes the images with the numbers from first to last, exclusive, of 768 pixels a side. */
    static Path write(Path folder, int first, int last) throws IOException {
        return write(folder, first, last, LARGE);
    }

    /**
     * Writes images.
     *
     * @param first number of the first
     * @param last number behind the last
     * @param side of each, in pixels
     */
    static Path write(Path folder, int first, int last, int side) throws IOException {
        Files.createDirectories(folder);
        for (int i = first; i < last; i++) {
            BufferedImage large = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = large.createGraphics();
            graphics.setRenderingHint(
                    RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            graphics.drawImage(SCENES.draw(i), 0, 0, side, side, null);
            graphics.dispose();
            ImageIO.write(
                    large,
                    "jpg",
                    folder.resolve(String.format(Locale.ROOT, "%05d.jpg", i)).toFile());
        }
        return folder;
    }
}
