package io.kiln.masking.sampling;

import io.kiln.images.Bitmap;
import io.kiln.images.Resampler;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;

/** Crops, mirrors and masks pictures as a {@link MaskingPlan} says. Thread-safe. */
public final class ImageMasker {
    private final MaskingPlan plan;

    public ImageMasker(MaskingPlan plan) {
        this.plan = plan;
    }

    /**
     * All views of one picture.
     *
     * @param fingerprint of the picture, passed on
     */
    public MaskedImage mask(Position position, String imageId, long fingerprint, Bitmap picture) {
        MaskedView[] views = new MaskedView[plan.views()];
        for (int view = 0; view < views.length; view++) {
            views[view] = view(position, view, picture);
        }
        return new MaskedImage(position, imageId, fingerprint, views);
    }

    private MaskedView view(Position position, int view, Bitmap picture) {
        GridSize grid = plan.grid();
        SampleRandom cuts =
                new SampleRandom(SampleRandom.Purpose.AUGMENTATION, plan.seed(), position, view);
        Cutout cut = plan.augmentation().draw(cuts, picture.height(), picture.width());
        Bitmap image = Resampler.cropAndResize(picture, cut.crop(), grid.height(), grid.width());
        if (cut.flipped()) {
            Resampler.flip(image);
        }
        SampleRandom masks =
                new SampleRandom(SampleRandom.Purpose.MASK, plan.seed(), position, view);
        int[] active = PatchMask.draw(masks, grid.patches(), plan.keep());
        return new MaskedView(
                cut.crop(),
                cut.flipped(),
                active,
                grid.cut(image, active),
                grid.cut(image, grid.others(active)));
    }
}
