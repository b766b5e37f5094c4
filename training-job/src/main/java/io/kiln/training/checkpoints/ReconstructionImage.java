package io.kiln.training.checkpoints;

import io.kiln.model.batch.Reconstruction;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import javax.imageio.ImageIO;

/**
 * Reconstructions as one PNG. Each row shows an image: the input, what the encoder saw, and what
 * the network filled in.
 */
final class ReconstructionImage {
    private static final int GAP = 4;
    private static final int WHITE = 0xffffff;

    private ReconstructionImage() {}

    /**
     * @param images how many images to draw at most
     */
    static void write(Reconstruction reconstruction, int images, OutputStream out)
            throws IOException {
        int width = reconstruction.geometry().width();
        int height = reconstruction.geometry().height();
        int rows = Math.min(images, reconstruction.images());
        BufferedImage canvas =
                new BufferedImage(
                        3 * (width + GAP) - GAP,
                        rows * (height + GAP) - GAP,
                        BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < canvas.getWidth(); x++) {
            for (int y = 0; y < canvas.getHeight(); y++) {
                canvas.setRGB(x, y, WHITE);
            }
        }
        for (int row = 0; row < rows; row++) {
            int top = row * (height + GAP);
            draw(reconstruction, reconstruction.input(), row, canvas, 0, top);
            draw(reconstruction, reconstruction.masked(), row, canvas, width + GAP, top);
            draw(
                    reconstruction,
                    reconstruction.reconstructed(),
                    row,
                    canvas,
                    2 * (width + GAP),
                    top);
        }
        ImageIO.write(canvas, "png", out);
    }

    private static void draw(
            Reconstruction of, byte[] pixels, int image, BufferedImage canvas, int left, int top) {
        int channels = of.geometry().channels();
        int width = of.geometry().width();
        int height = of.geometry().height();
        int step = of.sampleBytes();
        // Of two bytes, the second is the upper one.
        int at = image * width * height * channels * step + step - 1;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++, at += channels * step) {
                int red = pixels[at] & 0xff;
                int green = pixels[at + (channels > 1 ? step : 0)] & 0xff;
                int blue = pixels[at + (channels > 2 ? 2 * step : 0)] & 0xff;
                canvas.setRGB(left + x, top + y, red << 16 | green << 8 | blue);
            }
        }
    }
}
