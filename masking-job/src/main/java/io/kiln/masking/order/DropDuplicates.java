package io.kiln.masking.order;

import io.kiln.config.MaskingConfig;
import io.kiln.config.MaskingConfig.Duplicates;
import io.kiln.masking.records.MaskedImage;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Drops images that repeat one of the last masking.duplicateHorizon images kept of their partition:
 * the same by identity, or near by fingerprint. What is dropped is named in {@link #DROPPED}.
 *
 * <p>Metrics: {@code duplicates}, {@code nearDuplicates}.
 */
public final class DropDuplicates extends KeyedProcessFunction<String, MaskedImage, MaskedImage> {
    private static final long serialVersionUID = 1L;

    /** MaskedImages that do not go on. */
    public static final OutputTag<Dropped> DROPPED =
            new OutputTag<>("dropped", TypeInformation.of(Dropped.class));

    private final int horizon;

    /** Bits; below 0 only the same image is dropped. */
    private final int most;

    private transient @Nullable ValueState<RecentImages> recent;
    private transient @Nullable Counter duplicates;
    private transient @Nullable Counter nearDuplicates;

    public DropDuplicates(MaskingConfig config) {
        this.horizon = config.duplicateHorizon();
        this.most = config.duplicates() == Duplicates.DROP_NEAR ? config.nearDistance() : -1;
    }

    @Override
    public void open(OpenContext context) {
        recent =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>(
                                        "recent", TypeInformation.of(RecentImages.class)));
        MetricGroup metrics = getRuntimeContext().getMetricGroup().addGroup("masking");
        duplicates = metrics.counter("duplicates");
        nearDuplicates = metrics.counter("nearDuplicates");
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<MaskedImage> out)
            throws Exception {
        ValueState<RecentImages> state = Objects.requireNonNull(recent, "open() comes first");
        RecentImages found = state.value();
        RecentImages kept = found == null ? RecentImages.none(horizon) : found.under(horizon);
        long[] identity = RecentImages.identity(image.imageId());
        int same = kept.same(identity);
        int near = same < 0 && most >= 0 ? kept.near(image.fingerprint(), most) : -1;
        if (same < 0 && near < 0) {
            state.update(kept.with(identity, image.fingerprint(), image.position().offset()));
            out.collect(image);
            return;
        }
        boolean exact = same >= 0;
        int place = exact ? same : near;
        Objects.requireNonNull(exact ? duplicates : nearDuplicates, "open() comes first").inc();
        int distance = exact ? 0 : Long.bitCount(kept.fingerprints()[place] ^ image.fingerprint());
        context.output(
                DROPPED,
                new Dropped(
                        image.position(), image.imageId(), exact, kept.offsets()[place], distance));
    }
}
