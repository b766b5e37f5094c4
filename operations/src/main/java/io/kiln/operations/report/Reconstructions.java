package io.kiln.operations.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * The reconstructions file of a checkpoint. Each row shows one image: the input, the masked input
 * and the reconstruction, with equal gaps between them. Reads and writes without ImageIO's cache
 * files: a shutdown hook closes those, and a demo that ends makes its report in another hook.
 */
final class Reconstructions {
    /** The images of a row. */
    enum Column {
        INPUT(0),
        MASKED(1),
        RECONSTRUCTED(2);

        private final int position;

        Column(int position) {
            this.position = position;
        }
    }

    private final BufferedImage sheet;
    private final int width;
    private final int height;

    private Reconstructions(BufferedImage sheet, int width, int height) {
        this.sheet = sheet;
        this.width = width;
        this.height = height;
    }

    /**
     * @param width width of one image in pixels, from the input of the checkpoint event
     * @param height height of one image in pixels
     * @throws IOException if the file cannot be read or does not hold such rows
     */
    static Reconstructions read(Path file, int width, int height) throws IOException {
        BufferedImage sheet;
        try (var in = Files.newInputStream(file)) {
            sheet = ImageIO.read(new MemoryCacheImageInputStream(in));
        }
        int columns = Column.values().length;
        if (sheet == null || sheet.getWidth() < columns * width || sheet.getHeight() < height) {
            throw new IOException(
                    file
                            + " does not hold rows of "
                            + columns
                            + " pictures of "
                            + width
                            + " x "
                            + height);
        }
        return new Reconstructions(sheet, width, height);
    }

    private int gap() {
        return (sheet.getWidth() - Column.values().length * width) / (Column.values().length - 1);
    }

    int rows() {
        return (sheet.getHeight() + gap()) / (height + gap());
    }

    /** One image as a data URI. */
    String picture(int row, Column column) {
        BufferedImage cell =
                sheet.getSubimage(
                        column.position * (width + gap()), row * (height + gap()), width, height);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try (var out = new MemoryCacheImageOutputStream(png)) {
            ImageIO.write(cell, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
    }
}
