package io.kiln.masking.order;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.masking.sampling.ShuffleDraw;
import java.time.Duration;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Parts neighbours: keeps up to {@code size} images of each partition; once they are there, each
 * arrival takes the place of one that is drawn and goes on. What is drawn is a function of (seed,
 * topic, partition, offset) of the arrival, so the new order is a function of the partition's
 * images. An image waits {@code size} arrivals on average.
 *
 * <p>When nothing has come from a partition for {@code flushAfter}, and when the input ends, all
 * images of it go on, in an order drawn from the last arrival's position. Time during which the job
 * was down is not idle time.
 */
public final class ShuffleImages extends KeyedProcessFunction<String, MaskedImage, MaskedImage> {
    private static final long serialVersionUID = 1L;
    private static final long END_OF_INPUT = Long.MAX_VALUE;

    private final long seed;
    private final int size;
    private final String plan;
    private final long flushAfterMillis;
    private transient @Nullable MapState<Integer, MaskedImage> places;
    private transient @Nullable ValueState<ShuffleBuffer> buffer;
    private transient long started;

    /**
     * @param plan by which images are masked
     * @param size images kept of each partition
     * @param flushAfter idle time
     */
    public ShuffleImages(MaskingPlan plan, int size, Duration flushAfter) {
        this.seed = plan.seed();
        this.size = size;
        this.plan = plan.toString();
        this.flushAfterMillis = flushAfter.toMillis();
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
        buffer =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>(
                                        "buffer", TypeInformation.of(ShuffleBuffer.class)));
        started = Long.MIN_VALUE;
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<MaskedImage> out)
            throws Exception {
        ShuffleBuffer before = buffer(image);
        requireSame(before, context.getCurrentKey());
        int held = before.held();
        if (held < size) {
            places().put(held, image);
            held++;
        } else {
            int place = ShuffleDraw.place(seed, image.position(), size);
            MaskedImage drawn = places().get(place);
            places().put(place, image);
            out.collect(drawn);
        }
        // Asked now: sending may have waited for the sink.
        long now = now(context);
        long timer = before.timer();
        if (timer == 0) {
            timer = now + flushAfterMillis;
            context.timerService().registerProcessingTimeTimer(timer);
        }
        context.timerService().registerEventTimeTimer(END_OF_INPUT);
        update(new ShuffleBuffer(held, now, timer, image.position(), size, plan));
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<MaskedImage> out)
            throws Exception {
        ShuffleBuffer waiting = Objects.requireNonNull(buffer, "open() comes first").value();
        if (waiting == null) {
            return;
        }
        if (context.timeDomain() == TimeDomain.EVENT_TIME) {
            flush(waiting, context, out);
            return;
        }
        if (timestamp != waiting.timer()) {
            return;
        }
        long now = now(context);
        long due = Math.max(started, waiting.lastArrival()) + flushAfterMillis;
        if (now < due) {
            context.timerService().registerProcessingTimeTimer(due);
            update(waiting.withTimer(due));
        } else {
            flush(waiting, context, out);
        }
    }

    private void flush(ShuffleBuffer waiting, OnTimerContext context, Collector<MaskedImage> out)
            throws Exception {
        requireSame(waiting, context.getCurrentKey());
        for (int place : ShuffleDraw.order(seed, waiting.lastPosition(), waiting.held())) {
            out.collect(places().get(place));
        }
        places().clear();
        Objects.requireNonNull(buffer, "open() comes first").clear();
    }

    /** Also notes when this attempt of the job saw its first record or timer. */
    private long now(Context context) {
        long now = context.timerService().currentProcessingTime();
        if (started == Long.MIN_VALUE) {
            started = now;
        }
        return now;
    }

    private ShuffleBuffer buffer(MaskedImage first) throws Exception {
        ShuffleBuffer found = Objects.requireNonNull(buffer, "open() comes first").value();
        return found == null ? new ShuffleBuffer(0, 0, 0, first.position(), size, plan) : found;
    }

    private void update(ShuffleBuffer after) throws Exception {
        Objects.requireNonNull(buffer, "open() comes first").update(after);
    }

    private MapState<Integer, MaskedImage> places() {
        return Objects.requireNonNull(places, "open() comes first");
    }

    private void requireSame(ShuffleBuffer waiting, String partition) {
        if (waiting.size() != size || !waiting.plan().equals(plan)) {
            throw new IllegalStateException(
                    "the state holds "
                            + waiting.held()
                            + " images of "
                            + partition
                            + " under masking.shuffleBuffer = "
                            + waiting.size()
                            + " and "
                            + waiting.plan()
                            + ", now "
                            + size
                            + " and "
                            + plan
                            + "; start with the old settings, stop with --drain, then change them");
        }
    }
}
