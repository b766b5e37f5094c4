package io.kiln.masking.sampling;

import io.kiln.images.Bitmap;

/** Copies square patches out of an image. Patches are numbered in row-major order from 0. */
final class Patchify {
    private Patchify() {}

    /**
     * Copies some patches.
     *
     * @param image whose sides are multiples of the patch
     * @param patch side of a patch in pixels
     * @param indexes numbers of the patches, in the order wanted
     * @return samples of the image [indexes, patch, patch, channels]
     */
    static byte[] patches(Bitmap image, int patch, int[] indexes) {
        int rowBytes = patch * image.pixelBytes();
        int stride = image.rowBytes();
        int columns = image.width() / patch;
        byte[] patches = new byte[Math.multiplyExact(indexes.length, patch * rowBytes)];
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
}
