package io.kiln.masking.sampling;

import io.kiln.images.Bitmap;
import java.io.Serializable;

/**
 * An image as a grid of square patches.
 *
 * @param rows patches in a column
 * @param columns patches in a row
 * @param patch side of a patch in pixels
 * @param channels values a pixel
 */
public record GridSize(int rows, int columns, int patch, int channels) implements Serializable {
    public GridSize {
        if (rows < 1 || columns < 1 || patch < 1 || channels < 1) {
            throw new IllegalArgumentException(
                    "a grid of "
                            + rows
                            + " x "
                            + columns
                            + " patches of "
                            + patch
                            + " pixels, "
                            + channels
                            + " channels");
        }
    }

    /** As text, which states hold: of three channels as it was before there could be others. */
    @Override
    public String toString() {
        String others = channels == 3 ? "" : ", channels=" + channels;
        return "PatchGrid[rows=%d, columns=%d, patch=%d%s]".formatted(rows, columns, patch, others);
    }

    /** Patches of an image. */
    public int patches() {
        return rows * columns;
    }

    /** Image height in pixels. */
    public int height() {
        return rows * patch;
    }

    /** Image width in pixels. */
    public int width() {
        return columns * patch;
    }

    /** Bytes of one patch: uint8 [patch, patch, channels]. */
    public int patchBytes() {
        return patch * patch * channels;
    }

    /**
     * Cuts patches out of an image of this grid's size.
     *
     * @param indexes row-major, in the order wanted
     * @return uint8 [indexes, patch, patch, channels]
     */
    byte[] cut(Bitmap image, int[] indexes) {
        byte[] patches = new byte[Math.multiplyExact(indexes.length, patchBytes())];
        int rowBytes = patch * channels;
        int stride = image.width() * channels;
        int to = 0;
        for (int index : indexes) {
            int from = index / columns * patch * stride + index % columns * rowBytes;
            for (int row = 0; row < patch; row++) {
                System.arraycopy(image.samples(), from + row * stride, patches, to, rowBytes);
                to += rowBytes;
            }
        }
        return patches;
    }

    /** The patches that ascending indexes leave out, ascending. */
    int[] others(int[] indexes) {
        int[] others = new int[patches() - indexes.length];
        int next = 0;
        int to = 0;
        for (int i = 0; i < patches(); i++) {
            if (next < indexes.length && indexes[next] == i) {
                next++;
            } else {
                others[to++] = i;
            }
        }
        return others;
    }
}
