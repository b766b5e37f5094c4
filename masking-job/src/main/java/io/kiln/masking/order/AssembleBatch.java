package io.kiln.masking.order;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.sampling.MaskingPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Collects the images of each partition, in offset order, into batches. As soon as batchSize images
 * are there, one batch a view is sent, view 0 first: the views of an image are spread over as many
 * batches, and no batch holds an image twice.
 *
 * <p>A smaller batch is sent only when nothing has come from any partition that this subtask
 * assembles for {@code flushAfter}; or nothing from this partition for ten times as long, so that a
 * partition to which nobody writes any more keeps nothing back while others are busy; or when the
 * input ends. Time during which the job was down, or this task was held up by the sink, is not idle
 * time.
 *
 * <p>Metrics: {@code batches}; {@code smallBatches}, those of them that were not full.
 */
public final class AssembleBatch extends KeyedProcessFunction<String, MaskedImage, ViewBatch> {
    private static final long serialVersionUID = 1L;
    private static final int PARTITION_PATIENCE = 10;

    /** Flink's last watermark, sent when the input ends and when a job is drained. */
    private static final long END_OF_INPUT = Long.MAX_VALUE;

    private final int batchSize;
    private final String plan;
    private final long flushAfterMillis;
    private transient @Nullable ListState<MaskedImage> images;
    private transient @Nullable ValueState<WaitingImages> pending;
    private transient @Nullable ValueState<Long> sent;
    private transient @Nullable Counter batches;
    private transient @Nullable Counter smallBatches;
    private transient long started;
    private transient long lastArrivalOfAny;

    public AssembleBatch(MaskingPlan plan, Duration flushAfter) {
        this.batchSize = plan.batchSize();
        this.plan = plan.toString();
        this.flushAfterMillis = flushAfter.toMillis();
    }

    @Override
    public void open(OpenContext context) {
        images =
                getRuntimeContext()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "images", TypeInformation.of(MaskedImage.class)));
        pending =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>(
                                        "pending", TypeInformation.of(WaitingImages.class)));
        sent =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>("sent", TypeInformation.of(Long.class)));
        MetricGroup metrics = getRuntimeContext().getMetricGroup().addGroup("masking");
        batches = metrics.counter("batches");
        smallBatches = metrics.counter("smallBatches");
        started = Long.MIN_VALUE;
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<ViewBatch> out)
            throws Exception {
        WaitingImages before = pending();
        requireSamePlan(before, context.getCurrentKey());
        Objects.requireNonNull(images, "open() comes first").add(image);
        int count = before.images() + 1;
        if (count < batchSize) {
            long now = arrived(context.timerService().currentProcessingTime());
            WaitingImages after = new WaitingImages(count, now, before.timer(), plan);
            update(after.timer() == 0 ? withTimer(after, now + flushAfterMillis, context) : after);
            context.timerService().registerEventTimeTimer(END_OF_INPUT);
        } else {
            send(out);
            // Asked again: sending may have waited for the sink.
            long now = arrived(context.timerService().currentProcessingTime());
            update(new WaitingImages(0, now, before.timer(), plan));
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<ViewBatch> out)
            throws Exception {
        WaitingImages before = pending();
        if (context.timeDomain() == TimeDomain.EVENT_TIME) {
            flush(before, context, out);
            return;
        }
        if (timestamp != before.timer()) {
            return;
        }
        long now = context.timerService().currentProcessingTime();
        long due = due(before, now);
        if (now < due && before.images() > 0) {
            update(withTimer(before, due, context));
        } else {
            flush(before.withTimer(0), context, out);
        }
    }

    private void flush(WaitingImages before, OnTimerContext context, Collector<ViewBatch> out)
            throws Exception {
        if (before.images() > 0) {
            requireSamePlan(before, context.getCurrentKey());
            send(out);
        }
        update(new WaitingImages(0, before.lastArrival(), before.timer(), plan));
    }

    private void send(Collector<ViewBatch> out) throws Exception {
        List<MaskedImage> collected = new ArrayList<>(batchSize);
        Objects.requireNonNull(images, "open() comes first").get().forEach(collected::add);
        MaskedImage[] batch = collected.toArray(new MaskedImage[0]);
        ValueState<Long> counter = Objects.requireNonNull(sent, "open() comes first");
        long number = Objects.requireNonNullElse(counter.value(), 0L);
        counter.update(number + batch[0].views().length);
        for (int view = 0; view < batch[0].views().length; view++) {
            out.collect(new ViewBatch(batch, view, number + view));
            Objects.requireNonNull(batches, "open() comes first").inc();
            if (batch.length < batchSize) {
                Objects.requireNonNull(smallBatches, "open() comes first").inc();
            }
        }
        Objects.requireNonNull(images, "open() comes first").clear();
    }

    /** When the images that wait have waited long enough, as things stand. */
    private long due(WaitingImages waiting, long now) {
        long start = startedAt(now);
        long stream = Math.max(start, lastArrivalOfAny) + flushAfterMillis;
        long partition =
                Math.max(start, waiting.lastArrival()) + PARTITION_PATIENCE * flushAfterMillis;
        return Math.min(stream, partition);
    }

    private long arrived(long now) {
        startedAt(now);
        lastArrivalOfAny = now;
        return now;
    }

    /** When this attempt of the job saw its first record or timer. */
    private long startedAt(long now) {
        if (started == Long.MIN_VALUE) {
            started = now;
            lastArrivalOfAny = now;
        }
        return started;
    }

    private static WaitingImages withTimer(WaitingImages batch, long due, Context context) {
        context.timerService().registerProcessingTimeTimer(due);
        return batch.withTimer(due);
    }

    private WaitingImages pending() throws Exception {
        WaitingImages found = Objects.requireNonNull(pending, "open() comes first").value();
        return found == null ? new WaitingImages(0, 0, 0, plan) : found;
    }

    private void update(WaitingImages batch) throws Exception {
        Objects.requireNonNull(pending, "open() comes first").update(batch);
    }

    private void requireSamePlan(WaitingImages waiting, String partition) {
        if (waiting.images() > 0 && !waiting.plan().equals(plan)) {
            throw new IllegalStateException(
                    "the state holds "
                            + waiting.images()
                            + " images of "
                            + partition
                            + " that were masked by other settings of input and masking: by "
                            + waiting.plan()
                            + ", now "
                            + plan
                            + "; start with the old settings, stop with --drain, then change them");
        }
    }
}
