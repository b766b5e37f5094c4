package io.kiln.endtoend;

import io.kiln.demo.scenes.Scenes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Small pictures, each another. */
final class Pictures {
    private static final int SIDE = 80;
    private static final Scenes SCENES = new Scenes(7, SIDE);

    private Pictures() {}

    /** An encoded JPEG. */
    static byte[] jpeg(int number) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(SCENES.draw(number), "jpg", bytes);
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JPEG that ends in the middle. */
    static byte[] truncatedJpeg(int number) {
        byte[] whole = jpeg(number);
        return Arrays.copyOf(whole, whole.length / 2);
    }

    /** Writes pictures into a folder. */
    static void write(Path folder, int count) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            Files.write(folder.resolve(String.format(Locale.ROOT, "%03d.jpg", i)), jpeg(i));
        }
    }
}
