package io.kiln.demo.scenes;

import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Writes scenes as JPEG files. */
public final class SceneFiles {
    private SceneFiles() {}

    /**
     * Writes scenes 0 to count - 1.
     *
     * @throws OperationException if they cannot be written
     */
    public static void write(Scenes scenes, int count, Path folder) {
        try {
            Files.createDirectories(folder);
            ImageIO.setUseCache(false); // a temporary file would cost more than the image
            for (int i = 0; i < count; i++) {
                Path file = folder.resolve(String.format(Locale.ROOT, "scene-%04d.jpg", i));
                if (!ImageIO.write(scenes.draw(i), "jpg", file.toFile())) {
                    throw new IOException("this Java platform cannot write JPEG");
                }
            }
        } catch (IOException e) {
            throw new OperationException(
                    "the images of the demo cannot be written to " + folder + ": " + e.getMessage(),
                    e);
        }
    }
}
