package io.kiln.cli.demo;

import io.kiln.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The folder or archive that the user's images are in. */
final class ImageFolder {
    private ImageFolder() {}

    /**
     * @throws CommandFailure if it is missing, cannot be read, or holds no file
     */
    static void requireFiles(Path images) {
        if (!Files.exists(images)) {
            throw new CommandFailure(
                    "--images " + images + ": does not exist; expected a folder of images");
        }
        if (!Files.isReadable(images)) {
            throw new CommandFailure("--images " + images + ": cannot be read: permission denied");
        }
        try (Stream<Path> files =
                Files.find(images, Integer.MAX_VALUE, (f, a) -> a.isRegularFile())) {
            if (files.findAny().isEmpty()) {
                throw new CommandFailure("--images " + images + ": holds no files");
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new CommandFailure(
                    "--images " + images + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
