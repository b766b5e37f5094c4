package io.kiln.masking.replay;

import static io.kiln.kafka.Opened.opened;

import io.kiln.config.ReplayConfig;
import io.kiln.config.ReplayConfig.Policy;
import io.kiln.images.BadImageException;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.Position;
import io.kiln.masking.sampling.ImageMasker;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.masking.sampling.ReplayDraw;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends old images of a partition along with each new one: up to masking.replay.perImage of those
 * in the partition's buffer, all equally likely, newly cropped and masked. A replay has the numbers
 * of views that come after those the image has had, so no view of an image is made twice.
 *
 * <p>The new image then enters the buffer, which holds encoded images, at most masking.replay.size
 * of them and masking.replay.maxBytes. masking.replay.policy says which image leaves. What is drawn
 * is a function of the new image's (seed, topic, partition, offset), so all of this is a function
 * of the partition's images.
 *
 * <p>Metric: {@code replayedImages}.
 */
public final class ReplayImages extends KeyedProcessFunction<String, MaskedImage, MaskedImage> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(ReplayImages.class);

    private final MaskingPlan plan;
    private final ReplayConfig config;
    private final DecodeLimits limits;
    private transient @Nullable ValueState<ReplayIndex> index;
    private transient @Nullable MapState<Long, KeptImage> images;
    private transient @Nullable ImageDecoder decoder;
    private transient @Nullable ImageMasker masker;
    private transient @Nullable Counter replayed;

    /**
     * @param limits of the images that are decoded
     */
    public ReplayImages(MaskingPlan plan, DecodeLimits limits) {
        this.plan = plan;
        this.config = plan.masking().replay();
        this.limits = limits;
    }

    @Override
    public void open(OpenContext context) {
        index =
                getRuntimeContext()
                        .getState(
                                new ValueStateDescriptor<>(
                                        "replay-index", TypeInformation.of(ReplayIndex.class)));
        images =
                getRuntimeContext()
                        .getMapState(
                                new MapStateDescriptor<>(
                                        "replay-images",
                                        Types.LONG,
                                        TypeInformation.of(KeptImage.class)));
        decoder = new ImageDecoder(limits, plan.input().channels(), plan.scale());
        masker = new ImageMasker(plan);
        replayed =
                MaskingMetric.REPLAYED.counter(
                        MaskingMetric.group(getRuntimeContext().getMetricGroup()));
    }

    @Override
    public void processElement(MaskedImage image, Context context, Collector<MaskedImage> out)
            throws Exception {
        out.collect(image.withContent(null));
        ReplayIndex before = Objects.requireNonNullElse(opened(index).value(), ReplayIndex.EMPTY);
        ReplayDraw draw = new ReplayDraw(plan.masking().seed(), image.position());
        ReplayIndex after = before;
        for (int place : draw.along(before.held(), config.perImage())) {
            after = replay(after, place, image.position(), out);
        }
        opened(index).update(keep(fitted(after), image, draw));
    }

    /** Masks an image of the buffer anew. */
    private ReplayIndex replay(
            ReplayIndex buffer, int place, Position arrival, Collector<MaskedImage> out)
            throws Exception {
        long offset = buffer.offsets()[place];
        Position position = new Position(arrival.topic(), arrival.partition(), offset);
        KeptImage kept = opened(images).get(offset);
        int view = buffer.nextViews()[place];
        try {
            out.collect(
                    opened(masker)
                            .replay(
                                    position,
                                    kept.imageId(),
                                    view,
                                    opened(decoder).decode(kept.content())));
            opened(replayed).inc();
        } catch (BadImageException e) {
            LOG.warn(
                    "{} is in the replay buffer, but is decoded no more: {}; this replay of it is"
                            + " left out",
                    position,
                    e.getMessage());
        }
        return buffer.withNextView(place, view + plan.masking().views());
    }

    /** The index as this policy needs it. */
    private ReplayIndex fitted(ReplayIndex buffer) {
        return config.policy() == Policy.DIVERSE ? buffer.withNearest() : buffer.withoutNearest();
    }

    /** Takes the new image into the buffer, or passes it over. */
    private ReplayIndex keep(ReplayIndex before, MaskedImage image, ReplayDraw draw)
            throws Exception {
        byte[] content =
                Objects.requireNonNull(
                        image.content(), "an image that may be replayed has its content");
        ReplayIndex buffer = before.sawOne();
        boolean full = !fits(buffer, 1, content.length);
        if (full
                && config.policy() == Policy.RESERVOIR
                && !draw.enters(buffer.held(), buffer.seen())) {
            return shrunk(buffer, 0, 0, draw);
        }
        if (config.policy() != Policy.DIVERSE) {
            buffer = shrunk(buffer, 1, content.length, draw);
        }
        opened(images).put(image.position().offset(), new KeptImage(image.imageId(), content));
        buffer =
                buffer.with(
                        image.position().offset(),
                        image.perceptualHash(),
                        content.length,
                        plan.masking().views());
        return shrunk(buffer, 0, 0, draw);
    }

    /** Takes images out until so many more, of so many bytes, fit in. */
    private ReplayIndex shrunk(ReplayIndex before, int more, long bytes, ReplayDraw draw)
            throws Exception {
        ReplayIndex buffer = before;
        while (!fits(buffer, more, bytes)) {
            int place =
                    switch (config.policy()) {
                        case FIFO -> 0;
                        case RESERVOIR -> draw.leaves(buffer.held());
                        case DIVERSE -> buffer.mostRedundant();
                    };
            opened(images).remove(buffer.offsets()[place]);
            buffer = buffer.without(place);
        }
        return buffer;
    }

    private boolean fits(ReplayIndex buffer, int more, long bytes) {
        return buffer.held() + more <= config.size()
                && buffer.bytes() + bytes <= config.maxBytes().bytes();
    }

    @Override
    public void close() {
        if (decoder != null) {
            decoder.close();
        }
    }
}
