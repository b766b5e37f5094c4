package io.kiln.masking.order;

import static io.kiln.kafka.Opened.opened;

import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.sampling.BatchSettings;
import io.kiln.masking.sampling.MaskingPlan;
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
 * Collects the images of each partition, in the order in which they arrive, into batches. Once
 * masking.batchSize images wait, the operator sends one batch for each view, view 0 first. So the
 * views of an image are spread over as many batches, and no batch holds an image twice, but for one
 * that is replayed.
 *
 * <p>A smaller batch is sent in three cases only:
 *
 * <ul>
 *   <li>No partition of this subtask has had an arrival for masking.flushAfter.
 *   <li>This partition has had none for ten times as long. Without this rule an abandoned partition
 *       would keep its images back as long as others are busy.
 *   <li>The input ends.
 * </ul>
 *
 * <p>Time during which the job was down, or the sink held this task up, is not idle time.
 *
 * <p>Metrics: {@code batches}; {@code smallBatches}, those of them that were not full.
 */
public final class AssembleBatch extends KeyedProcessFunction<String, MaskedImage, ViewBatch> {
    private static final long serialVersionUID = 1L;
    private static final int ABANDONED_AFTER_FLUSHES = 10;

    /** Flink's last watermark, sent when the input ends and when a job is drained. */
    private static final long END_OF_INPUT = Long.MAX_VALUE;

    private final BatchSettings settings;
    private final long flushAfterMillis;
    private transient @Nullable ListState<MaskedImage> images;
    private transient @Nullable ValueState<WaitingImages> waiting;
    private transient @Nullable ValueState<Long> sent;
    private transient @Nullable Counter batches;
    private transient @Nullable Counter smallBatches;
    private transient @Nullable IdleTime idle;

    public AssembleBatch(MaskingPlan plan) {
        this.settings = plan.batchSettings();
        this.flushAfterMillis = plan.masking().flushAfter().toMillis();
    }

    @Override
    public void open(OpenContext context) {
        images =
                getRuntimeContext()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "images", TypeInformation.of(MaskedImage.class)));
        waiting = getRuntimeContext().getState(WaitingImages.state());
        sent =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>("sent", TypeInformation.of(Long.class)));
        MetricGroup metrics = MaskingMetric.group(getRuntimeContext().getMetricGroup());
        batches = MaskingMetric.BATCHES.counter(metrics);
        smallBatches = MaskingMetric.SMALL_BATCHES.counter(metrics);
        idle = new IdleTime();
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<ViewBatch> out)
            throws Exception {
        WaitingImages before = opened(waiting).value();
        opened(images).add(image);
        int count = before == null ? 1 : before.images() + 1;
        boolean full = count == settings.batchSize();
        if (full) {
            send(out);
        }
        // Read after sending, which may have waited for the sink.
        long now = context.timerService().currentProcessingTime();
        opened(idle).arrived(now);
        long timer = before == null ? 0 : before.timer();
        WaitingImages after =
                new WaitingImages(full ? 0 : count, image.position(), now, timer, settings);
        if (!full) {
            context.timerService().registerEventTimeTimer(END_OF_INPUT);
            if (timer == 0) {
                after = withTimer(after, now + flushAfterMillis, context);
            }
        }
        opened(waiting).update(after);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<ViewBatch> out)
            throws Exception {
        WaitingImages before = opened(waiting).value();
        if (before == null) {
            return;
        }
        if (context.timeDomain() == TimeDomain.EVENT_TIME) {
            flush(before, out);
            return;
        }
        if (timestamp != before.timer()) {
            return;
        }
        long now = context.timerService().currentProcessingTime();
        opened(idle).started(now);
        long due = due(before);
        if (now < due && before.images() > 0) {
            opened(waiting).update(withTimer(before, due, context));
        } else {
            flush(before.withTimer(0), out);
        }
    }

    private void flush(WaitingImages before, Collector<ViewBatch> out) throws Exception {
        if (before.images() > 0) {
            send(out);
        }
        opened(waiting).update(before.sent());
    }

    private void send(Collector<ViewBatch> out) throws Exception {
        List<MaskedImage> collected = new ArrayList<>(settings.batchSize());
        opened(images).get().forEach(collected::add);
        MaskedImage[] batch = collected.toArray(new MaskedImage[0]);
        long number = Objects.requireNonNullElse(opened(sent).value(), 0L);
        opened(sent).update(number + settings.views());
        for (int view = 0; view < settings.views(); view++) {
            out.collect(new ViewBatch(batch, view, number + view));
            opened(batches).inc();
            if (batch.length < settings.batchSize()) {
                opened(smallBatches).inc();
            }
        }
        opened(images).clear();
    }

    /** When the images that wait have waited long enough, if nothing else arrives. */
    private long due(WaitingImages waiting) {
        long stream = opened(idle).ofStream() + flushAfterMillis;
        long partition = opened(idle).of(waiting) + ABANDONED_AFTER_FLUSHES * flushAfterMillis;
        return Math.min(stream, partition);
    }

    private static WaitingImages withTimer(WaitingImages waiting, long due, Context context) {
        context.timerService().registerProcessingTimeTimer(due);
        return waiting.withTimer(due);
    }
}
