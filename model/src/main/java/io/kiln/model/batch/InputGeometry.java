package io.kiln.model.batch;

/**
 * Sizes of a network's input.
 *
 * @param height pixels; a multiple of patch
 * @param width pixels; a multiple of patch
 * @param channels values a pixel
 * @param patch side of a mask patch in pixels: 1, 2 or 4 times the encoder's stride
 */
public record InputGeometry(int height, int width, int channels, int patch) {
    /** Total downsampling of every encoder. */
    public static final int STRIDE = 32;

    private static final int LARGEST_SIDE = 8192;

    public InputGeometry {
        if (patch != STRIDE && patch != 2 * STRIDE && patch != 4 * STRIDE) {
            throw new IllegalArgumentException(
                    "patch " + patch + " is not allowed; expected 32, 64 or 128");
        }
        multiple("height", height, patch);
        multiple("width", width, patch);
        if (channels < 1 || channels > 64) {
            throw new IllegalArgumentException(
                    "channels " + channels + " is not allowed; expected 1 to 64");
        }
    }

    /** Patches in a column. */
    public int gridHeight() {
        return height / patch;
    }

    /** Patches in a row. */
    public int gridWidth() {
        return width / patch;
    }

    /** Patches of an image. */
    public int patches() {
        return gridHeight() * gridWidth();
    }

    /** Values of a patch: patch · patch · channels. */
    public int patchValues() {
        return patch * patch * channels;
    }

    private static void multiple(String name, int size, int patch) {
        if (size < patch || size > LARGEST_SIDE || size % patch != 0) {
            throw new IllegalArgumentException(
                    name
                            + " "
                            + size
                            + " is not allowed; expected a multiple of the patch's side "
                            + patch
                            + " up to "
                            + LARGEST_SIDE);
        }
    }
}
