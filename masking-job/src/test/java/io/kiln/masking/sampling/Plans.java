package io.kiln.masking.sampling;

import io.kiln.config.KilnConfig;
import java.util.Collections;
import java.util.List;

/** Small plans for tests. */
public final class Plans {
    private Plans() {}

    /** Images of 64 x 96 pixels, 6 patches of which 2 stay visible. */
    public static MaskingPlan small(int batchSize, int views) {
        return of(
                "input.height=64",
                "input.width=96",
                "masking.maskRatio=0.6",
                "masking.batchSize=" + batchSize,
                "masking.views=" + views);
    }

    /** The same of pictures that have other channels than three. */
    static MaskingPlan ofChannels(int channels, int views) {
        List<Double> halves = Collections.nCopies(channels, 0.5);
        return of(
                "input.height=64",
                "input.width=96",
                "input.channels=" + channels,
                "input.mean=" + halves,
                "input.std=" + halves,
                "masking.maskRatio=0.6",
                "masking.batchSize=4",
                "masking.views=" + views);
    }

    /** The defaults with some keys changed. */
    public static MaskingPlan of(String... overrides) {
        return MaskingPlan.of(KilnConfig.parse("", List.of(overrides)));
    }
}
