package io.kiln.masking.sampling;

import io.kiln.config.KilnConfig;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Small plans for tests. */
public final class Plans {
    private static final List<String> SMALL =
            List.of("input.height=64", "input.width=96", "masking.maskRatio=0.6");

    private Plans() {}

    /** Images of 64 x 96 pixels, 6 patches of which 2 stay active. */
    public static MaskingPlan small(int batchSize, int views) {
        return of(with(SMALL, "masking.batchSize=" + batchSize, "masking.views=" + views));
    }

    /** A small plan that sends what waits after some idle time. */
    public static MaskingPlan flushing(int batchSize, int views, long flushAfterMillis) {
        return of(
                with(
                        SMALL,
                        "masking.batchSize=" + batchSize,
                        "masking.views=" + views,
                        "masking.flushAfter=" + flushAfterMillis + "ms"));
    }

    /** A small plan of one view with a shuffle buffer. */
    public static MaskingPlan shuffling(int places, int batchSize, long flushAfterMillis) {
        return of(
                with(
                        SMALL,
                        "masking.batchSize=" + batchSize,
                        "masking.shuffleBuffer=" + places,
                        "masking.flushAfter=" + flushAfterMillis + "ms"));
    }

    /** A small plan of images that may have other than three channels. */
    static MaskingPlan ofChannels(int channels, int views) {
        List<Double> halves = Collections.nCopies(channels, 0.5);
        return of(
                with(
                        SMALL,
                        "input.channels=" + channels,
                        "input.mean=" + halves,
                        "input.std=" + halves,
                        "masking.batchSize=4",
                        "masking.views=" + views));
    }

    private static String[] with(List<String> overrides, String... more) {
        return Stream.concat(overrides.stream(), Stream.of(more)).toArray(String[]::new);
    }

    /** The defaults with some keys changed. */
    public static MaskingPlan of(String... overrides) {
        return MaskingPlan.of(KilnConfig.parse("", List.of(overrides)));
    }
}
