package io.kiln.masking;

import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;

/**
 * One view of a picture: cropped, resized, perhaps mirrored, cut into patches, split by a random
 * mask. Not thread-safe.
 */
final class Masker {
    private final KilnConfig config;
    private final InputConfig input;
    private final Augmentation augmentation;
    private final Resampler resampler = new Resampler();

    Masker(KilnConfig config) {
        this.config = config;
        this.input = config.input();
        this.augmentation = new Augmentation(config.masking(), input);
        if (input.channels() != Picture.CHANNELS) {
            throw new io.kiln.config.ConfigException(
                    "input.channels: "
                            + input.channels()
                            + " is not allowed; pictures are decoded as RGB, expected "
                            + Picture.CHANNELS);
        }
    }

    MaskedSample mask(ImageOrigin origin, Picture picture, int view) {
        SampleRandom random =
                new SampleRandom(
                        config.masking().seed(),
                        origin.topic(),
                        origin.partition(),
                        origin.offset(),
                        view);
        Crop crop = augmentation.draw(picture.width(), picture.height(), random);
        int[] active =
                PatchMask.draw(input.patches(), config.masking().keep(input.patches()), random);
        byte[] image = resampler.resize(picture, crop, input.width(), input.height());
        int patchBytes = input.patch() * input.patch() * Picture.CHANNELS;
        byte[] visible = new byte[active.length * patchBytes];
        byte[] masked = new byte[image.length - visible.length];
        for (int patch = 0, shown = 0; patch < input.patches(); patch++) {
            boolean isActive = shown < active.length && active[shown] == patch;
            copy(
                    image,
                    patch,
                    isActive ? visible : masked,
                    (isActive ? shown : patch - shown) * patchBytes);
            shown += isActive ? 1 : 0;
        }
        return new MaskedSample(origin, view, crop, active, visible, masked);
    }

    private void copy(byte[] image, int patch, byte[] target, int at) {
        int columns = input.width() / input.patch();
        int line = input.patch() * Picture.CHANNELS;
        int row = patch / columns * input.patch();
        for (int y = 0; y < input.patch(); y++) {
            int source = (row + y) * input.width() * Picture.CHANNELS + patch % columns * line;
            System.arraycopy(image, source, target, at + y * line, line);
        }
    }
}
