package io.kiln.demo.scenes;

import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Scenes as JPEG files, to be sent like anybody's pictures. */
public final class SceneFiles {
    private SceneFiles() {}

    /**
     * @throws OperationException if they cannot be written
     */
    public static void write(Scenes scenes, int count, Path folder) {
        try {
            Files.createDirectories(folder);
            ImageIO.setUseCache(false); // a temporary file for each picture would cost more than it
            for (int i = 0; i < count; i++) {
                Path file = folder.resolve(String.format(Locale.ROOT, "scene-%04d.jpg", i));
                if (!ImageIO.write(scenes.draw(i), "jpg", file.toFile())) {
                    throw new IOException("this Java platform writes no JPEG");
                }
            }
        } catch (IOException e) {
            throw new OperationException(
                    "the demo's pictures cannot be written to " + folder + ": " + e.getMessage(),
                    e);
        }
    }
}
