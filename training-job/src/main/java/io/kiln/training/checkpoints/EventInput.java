package io.kiln.training.checkpoints;

import io.kiln.config.InputConfig;
import io.kiln.schemas.InputSpec;

/** What an encoder takes, as its event and its config.json say. */
final class EventInput {
    /** How images are resized, as Pillow and timm call it. */
    static final String INTERPOLATION = "bicubic";

    /** How images of another shape are fitted. */
    static final String FIT = "centre-crop";

    private EventInput() {}

    static InputSpec of(InputConfig input) {
        return new InputSpec(
                input.height(),
                input.width(),
                input.channels(),
                input.mean(),
                input.std(),
                input.valueLimits(),
                Byte.SIZE * input.sampleType().bytes(),
                INTERPOLATION,
                FIT);
    }
}
