package io.kiln.images;

/** How whole images are fitted to the input of an encoder. */
public final class CentreCrop {
    private CentreCrop() {}

    /**
     * The largest centred part of an image with the shape of the result, resized.
     *
     * @param height rows of the result
     * @param width columns of the result
     */
    public static Bitmap fit(Bitmap image, int height, int width) {
        double scale = Math.min((double) image.height() / height, (double) image.width() / width);
        int rows = Math.max(1, Math.min(image.height(), (int) Math.round(height * scale)));
        int columns = Math.max(1, Math.min(image.width(), (int) Math.round(width * scale)));
        Crop centre =
                new Crop((image.height() - rows) / 2, (image.width() - columns) / 2, rows, columns);
        return Resampler.cropAndResize(image, centre, height, width);
    }
}
