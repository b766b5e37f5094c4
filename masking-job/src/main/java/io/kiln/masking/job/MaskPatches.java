package io.kiln.masking.job;

import io.kiln.masking.order.PerceptualHash;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.ImageMasker;
import io.kiln.masking.sampling.MaskingPlan;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.metrics.Counter;
import org.jspecify.annotations.Nullable;

/**
 * Crops, mirrors and masks an image: all its views at once, each a function of (seed, topic,
 * partition, offset, view). Metric: {@code maskNanos}, the time that took in all.
 */
final class MaskPatches extends RichMapFunction<DecodedImage, MaskedImage> {
    private static final long serialVersionUID = 1L;

    private final MaskingPlan plan;
    private final boolean fingerprints;
    private transient @Nullable ImageMasker masker;
    private transient @Nullable Counter nanos;

    /**
     * @param fingerprints whether near duplicates are asked for later
     */
    MaskPatches(MaskingPlan plan, boolean fingerprints) {
        this.plan = plan;
        this.fingerprints = fingerprints;
    }

    @Override
    public void open(OpenContext context) {
        masker = new ImageMasker(plan);
        nanos = getRuntimeContext().getMetricGroup().addGroup("masking").counter("maskNanos");
    }

    @Override
    public MaskedImage map(DecodedImage image) {
        long start = System.nanoTime();
        MaskedImage masked =
                Objects.requireNonNull(masker, "open() comes first")
                        .mask(
                                image.position(),
                                image.imageId(),
                                fingerprints ? PerceptualHash.of(image.picture()) : 0,
                                image.picture());
        Objects.requireNonNull(nanos, "open() comes first").inc(System.nanoTime() - start);
        return masked;
    }
}
