package io.kiln.masking;

/**
 * Which part of a picture is used.
 *
 * @param top first row
 * @param left first column
 * @param height rows
 * @param width columns
 * @param flipped whether it is mirrored left to right
 */
public record Crop(int top, int left, int height, int width, boolean flipped) {
    public Crop {
        if (top < 0 || left < 0 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "no crop: top "
                            + top
                            + ", left "
                            + left
                            + ", height "
                            + height
                            + ", width "
                            + width);
        }
    }
}
