package io.kiln.images;

/**
 * A rectangle of an image, in pixels.
 *
 * @param top first row
 * @param left first column
 * @param height rows
 * @param width columns
 */
public record Crop(int top, int left, int height, int width) {
    public Crop {
        if (top < 0 || left < 0 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "a crop starts at 0 or later and has at least one pixel, not top "
                            + top
                            + ", left "
                            + left
                            + ", height "
                            + height
                            + ", width "
                            + width);
        }
    }

    void requireInside(Bitmap image) {
        if ((long) top + height > image.height() || (long) left + width > image.width()) {
            throw new IllegalArgumentException(
                    this
                            + " does not lie inside an image of "
                            + image.height()
                            + " rows and "
                            + image.width()
                            + " columns");
        }
    }
}
