package io.kiln.masking.order;

import static io.kiln.kafka.Opened.opened;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.BatchSettings;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.masking.sampling.ShuffleDraw;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Shuffles the images of each partition in a buffer of masking.shuffleBuffer places. Once the
 * buffer is full, each arrival takes the place of an image that is drawn, and that image goes on.
 * An image waits for as many arrivals as there are places, on average. What is drawn is a function
 * of the arrival's (seed, topic, partition, offset), so the new order is a function of the
 * partition's images.
 *
 * <p>The whole buffer goes on when the partition has had no arrival for masking.flushAfter, and
 * when the input ends. Its order is then drawn from the position of the last arrival. Time during
 * which the job was down is not idle time.
 */
public final class ShuffleImages extends KeyedProcessFunction<String, MaskedImage, MaskedImage> {
    private static final long serialVersionUID = 1L;

    /** Flink's last watermark, sent when the input ends and when a job is drained. */
    private static final long END_OF_INPUT = Long.MAX_VALUE;

    private final BatchSettings settings;
    private final long flushAfterMillis;
    private transient @Nullable MapState<Integer, MaskedImage> places;
    private transient @Nullable ValueState<WaitingImages> waiting;
    private transient @Nullable IdleTime idle;

    public ShuffleImages(MaskingPlan plan) {
        this.settings = plan.batchSettings();
        this.flushAfterMillis = plan.masking().flushAfter().toMillis();
    }

    @Override
    public void open(OpenContext context) {
        places =
                getRuntimeContext()
                        .getMapState(
                                new MapStateDescriptor<>(
                                        "places",
                                        Types.INT,
                                        TypeInformation.of(MaskedImage.class)));
        waiting = getRuntimeContext().getState(WaitingImages.state());
        idle = new IdleTime();
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<MaskedImage> out)
            throws Exception {
        WaitingImages before = opened(waiting).value();
        int held = before == null ? 0 : before.images();
        if (held < settings.shuffleBuffer()) {
            opened(places).put(held, image);
            held++;
        } else {
            int place =
                    ShuffleDraw.place(
                            settings.seed(),
                            image.position(),
                            image.firstView(),
                            settings.shuffleBuffer());
            MaskedImage drawn = opened(places).get(place);
            opened(places).put(place, image);
            out.collect(drawn);
        }
        // Read after sending, which may have waited for the sink.
        long now = context.timerService().currentProcessingTime();
        opened(idle).arrived(now);
        context.timerService().registerEventTimeTimer(END_OF_INPUT);
        long timer = before == null ? 0 : before.timer();
        WaitingImages after = new WaitingImages(held, image.position(), now, timer, settings);
        opened(waiting)
                .update(timer == 0 ? withTimer(after, now + flushAfterMillis, context) : after);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<MaskedImage> out)
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
        long due = opened(idle).of(before) + flushAfterMillis;
        if (now < due) {
            opened(waiting).update(withTimer(before, due, context));
        } else {
            flush(before, out);
        }
    }

    private void flush(WaitingImages before, Collector<MaskedImage> out) throws Exception {
        for (int place : ShuffleDraw.order(settings.seed(), before.last(), before.images())) {
            out.collect(opened(places).get(place));
        }
        opened(places).clear();
        opened(waiting).clear();
    }

    private static WaitingImages withTimer(WaitingImages waiting, long due, Context context) {
        context.timerService().registerProcessingTimeTimer(due);
        return waiting.withTimer(due);
    }
}
