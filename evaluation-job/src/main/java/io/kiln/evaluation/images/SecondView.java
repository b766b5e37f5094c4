package io.kiln.evaluation.images;

import io.kiln.schemas.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * A second view of an image: a crop of five sixths of its height and width, enlarged to its size.
 * Where the crop lies is a function of the image's id, so that each version sees the same.
 */
final class SecondView {
    private static final String PURPOSE = "VIEW:";
    private static final double SHARE = 5.0 / 6;

    private final int height;
    private final int width;
    private final double top;
    private final double left;

    /**
     * @param height of the image
     * @param width of the image
     */
    SecondView(String imageId, int height, int width) {
        this.height = height;
        this.width = width;
        MessageDigest digest = Sha256.digest();
        byte[] hash = digest.digest((PURPOSE + imageId).getBytes(StandardCharsets.UTF_8));
        this.top = (hash[0] & 0xff) / 255.0 * (1 - SHARE) * height;
        this.left = (hash[1] & 0xff) / 255.0 * (1 - SHARE) * width;
    }

    /**
     * Enlarges the crop of one channel, bilinearly.
     *
     * @param from the image, [height, width], from an offset on
     * @param to the view, [height, width], from the same offset on
     */
    void apply(float[] from, float[] to, int offset) {
        for (int y = 0; y < height; y++) {
            double row = within(top + (y + 0.5) * SHARE - 0.5, height);
            int y0 = (int) row;
            int y1 = Math.min(y0 + 1, height - 1);
            for (int x = 0; x < width; x++) {
                double column = within(left + (x + 0.5) * SHARE - 0.5, width);
                int x0 = (int) column;
                int x1 = Math.min(x0 + 1, width - 1);
                double upper = mix(from, offset + y0 * width, x0, x1, column - x0);
                double lower = mix(from, offset + y1 * width, x0, x1, column - x0);
                to[offset + y * width + x] = (float) (upper + (row - y0) * (lower - upper));
            }
        }
    }

    private static double within(double position, int size) {
        return Math.min(Math.max(position, 0), size - 1);
    }

    private static double mix(float[] from, int row, int x0, int x1, double share) {
        return from[row + x0] + share * (from[row + x1] - from[row + x0]);
    }
}
