package io.kiln.masking;

import io.kiln.config.KilnConfig;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Pictures to masked samples, masking.views of each. */
final class MaskPatches extends RichFlatMapFunction<DecodedImage, MaskedSample> {
    private static final long serialVersionUID = 1L;

    private final KilnConfig config;
    private transient @Nullable Masker masker;

    MaskPatches(KilnConfig config) {
        this.config = config;
    }

    @Override
    public void open(OpenContext context) {
        masker = new Masker(config);
    }

    @Override
    public void flatMap(DecodedImage image, Collector<MaskedSample> out) {
        Masker m = java.util.Objects.requireNonNull(masker, "open() comes first");
        for (int view = 0; view < config.masking().views(); view++) {
            out.collect(m.mask(image.origin(), image.picture(), view));
        }
    }
}
