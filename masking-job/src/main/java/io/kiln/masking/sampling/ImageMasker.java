package io.kiln.masking.sampling;

import io.kiln.config.InputConfig;
import io.kiln.images.Bitmap;
import io.kiln.images.Crop;
import io.kiln.images.Resampler;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.SampleRandom.Purpose;

/** Crops, flips and masks images as a {@link MaskingPlan} says. Thread-safe. */
public final class ImageMasker {
    private final MaskingPlan plan;
    private final Augmentation augmentation;
    private final Augmentation whole;

    public ImageMasker(MaskingPlan plan) {
        this.plan = plan;
        this.augmentation = Augmentation.of(plan.masking(), plan.input());
        this.whole = Augmentation.none(plan.input());
    }

    /**
     * Makes the one view of an image that is held out: the largest centred crop, as an encoder in
     * use takes it, under a mask that is a function of (seed, image id).
     */
    public MaskedImage maskHeldOut(Position position, String imageId, Bitmap image) {
        Crop crop = whole.largestCentred(image.height(), image.width());
        SampleRandom masks =
                SampleRandom.ofImage(Purpose.HOLDOUT_MASK, plan.masking().seed(), imageId);
        MaskedView view = view(crop, false, masks, image);
        return new MaskedImage(position, imageId, 0, new MaskedView[] {view}, 0, null);
    }

    /**
     * Makes all views of one image.
     *
     * @param perceptualHash of the image, passed on
     */
    public MaskedImage mask(Position position, String imageId, long perceptualHash, Bitmap image) {
        return new MaskedImage(
                position, imageId, perceptualHash, views(position, 0, image), 0, null);
    }

    /**
     * Makes as many views again of an image that has had some.
     *
     * @param firstView number of the first one
     */
    public MaskedImage replay(Position position, String imageId, int firstView, Bitmap image) {
        return new MaskedImage(
                position, imageId, 0, views(position, firstView, image), firstView, null);
    }

    private MaskedView[] views(Position position, int first, Bitmap image) {
        MaskedView[] views = new MaskedView[plan.masking().views()];
        for (int i = 0; i < views.length; i++) {
            views[i] = view(position, first + i, image);
        }
        return views;
    }

    private MaskedView view(Position position, int number, Bitmap image) {
        SampleRandom augmentations = random(Purpose.AUGMENTATION, position, number);
        Crop crop = augmentation.drawCrop(augmentations, image.height(), image.width());
        boolean flipped = augmentation.drawFlip(augmentations);
        return view(crop, flipped, random(Purpose.MASK, position, number), image);
    }

    private MaskedView view(Crop crop, boolean flipped, SampleRandom masks, Bitmap image) {
        InputConfig input = plan.input();
        Bitmap view = Resampler.cropAndResize(image, crop, input.height(), input.width());
        if (flipped) {
            Resampler.flip(view);
        }
        int[] active = PatchMask.draw(masks, input.patches(), plan.keep());
        int[] masked = PatchMask.masked(active, input.patches());
        return new MaskedView(
                crop,
                flipped,
                active,
                Patchify.patches(view, input.patch(), active),
                Patchify.patches(view, input.patch(), masked));
    }

    private SampleRandom random(Purpose purpose, Position position, int view) {
        return new SampleRandom(purpose, plan.masking().seed(), position, view);
    }
}
