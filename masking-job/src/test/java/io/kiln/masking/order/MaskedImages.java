package io.kiln.masking.order;

import io.kiln.images.Crop;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;

/** Masked images without much in them. */
final class MaskedImages {
    private MaskedImages() {}

    static MaskedImage image(int partition, long offset) {
        return image(partition, offset, "id " + offset, 0);
    }

    static MaskedImage image(int partition, long offset, String id, long perceptualHash) {
        MaskedView view =
                new MaskedView(
                        new Crop(0, 0, 1, 1), false, new int[] {0}, new byte[3], new byte[15]);
        return new MaskedImage(
                new Position("images", partition, offset),
                id,
                perceptualHash,
                new MaskedView[] {view},
                0,
                null);
    }
}
