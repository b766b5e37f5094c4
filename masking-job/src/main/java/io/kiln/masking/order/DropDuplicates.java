package io.kiln.masking.order;

import static io.kiln.kafka.Opened.opened;

import io.kiln.config.MaskingConfig;
import io.kiln.config.MaskingConfig.Duplicates;
import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.Position;
import io.kiln.schemas.DeadLetterReason;
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
 * Drops images that repeat one of the last masking.duplicateHorizon images kept of their partition.
 * An image repeats another if it has the same imageId or, with drop-near, a perceptual hash that
 * differs in at most masking.nearDistance bits. Each dropped image becomes a dead letter without
 * key and value, since its record is still in the images topic. With keep, all images go on, and
 * what was remembered of them is forgotten.
 *
 * <p>Metrics: {@code duplicates}, {@code nearDuplicates}.
 */
public final class DropDuplicates extends KeyedProcessFunction<String, MaskedImage, MaskedImage> {
    private static final long serialVersionUID = 1L;

    /** The images that were dropped. */
    public static final OutputTag<DeadLetter> DUPLICATES =
            new OutputTag<>("duplicates", TypeInformation.of(DeadLetter.class));

    private final int horizon;
    private final boolean all;
    private final boolean near;
    private final int nearDistance;

    private transient @Nullable ValueState<RecentImages> recent;
    private transient @Nullable Counter duplicates;
    private transient @Nullable Counter nearDuplicates;

    public DropDuplicates(MaskingConfig config) {
        this.horizon = config.duplicateHorizon();
        this.all = config.duplicates() == Duplicates.KEEP;
        this.near = config.duplicates() == Duplicates.DROP_NEAR;
        this.nearDistance = config.nearDistance();
    }

    @Override
    public void open(OpenContext context) {
        recent =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>(
                                        "recent", TypeInformation.of(RecentImages.class)));
        MetricGroup metrics = MaskingMetric.group(getRuntimeContext().getMetricGroup());
        duplicates = MaskingMetric.DUPLICATES.counter(metrics);
        nearDuplicates = MaskingMetric.NEAR_DUPLICATES.counter(metrics);
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<MaskedImage> out)
            throws Exception {
        ValueState<RecentImages> state = opened(recent);
        if (all) {
            state.clear();
            out.collect(image);
            return;
        }
        RecentImages found = state.value();
        RecentImages kept = found == null ? RecentImages.none(horizon) : found.withHorizon(horizon);
        long[] identity = RecentImages.identity(image.imageId());
        int same = kept.findSame(identity);
        if (same >= 0) {
            opened(duplicates).inc();
            context.output(DUPLICATES, duplicate(image, kept.offsets()[same]));
            return;
        }
        int similar = near ? kept.findNear(image.perceptualHash(), nearDistance) : -1;
        if (similar >= 0) {
            opened(nearDuplicates).inc();
            int distance = kept.distance(similar, image.perceptualHash());
            context.output(DUPLICATES, nearDuplicate(image, kept.offsets()[similar], distance));
            return;
        }
        state.update(kept.with(identity, image.perceptualHash(), image.position().offset()));
        out.collect(image);
    }

    private static DeadLetter duplicate(MaskedImage image, long kept) {
        String detail = "the same image as " + sibling(image, kept);
        return deadLetter(image, DeadLetterReason.DUPLICATE, detail);
    }

    private static DeadLetter nearDuplicate(MaskedImage image, long kept, int distance) {
        String detail = "differs from " + sibling(image, kept) + " in " + distance + " of 64 bits";
        return deadLetter(image, DeadLetterReason.NEAR_DUPLICATE, detail);
    }

    private static DeadLetter deadLetter(
            MaskedImage image, DeadLetterReason reason, String detail) {
        ImageInput withoutContent = new ImageInput(image.position(), null, null);
        return new DeadLetter(withoutContent, reason, detail, "", image.imageId());
    }

    private static Position sibling(MaskedImage image, long offset) {
        return new Position(image.position().topic(), image.position().partition(), offset);
    }
}
