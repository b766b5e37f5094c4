package io.kiln.evaluation.job;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.drift.DriftWatch;
import io.kiln.schemas.DriftAlarm;
import io.kiln.schemas.DriftFigures;
import io.kiln.schemas.ForeignRecords;
import io.kiln.schemas.SparseBatch;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.events.Event;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watch over the held-out images, in operator state, and its alarms: a line of the log, a
 * counter and an event of Flink.
 */
final class ImageDrift {
    private static final Logger LOG = LoggerFactory.getLogger(ImageDrift.class);

    private final DriftWatch watch;
    private final ListState<byte[]> state;
    private final MetricGroup events;
    private final Counter alarms;
    private volatile double shift;

    /**
     * @param operator group of the operator's metrics, which takes the events too
     */
    ImageDrift(KilnConfig config, FunctionInitializationContext context, MetricGroup operator)
            throws Exception {
        this.state =
                context.getOperatorStateStore()
                        .getListState(
                                new ListStateDescriptor<>(
                                        "drift",
                                        PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        this.watch = restored(config);
        this.events = operator;
        MetricGroup group = operator.addGroup(EvaluationMetric.GROUP);
        this.alarms = EvaluationMetric.DRIFT_ALARMS.counter(group);
        EvaluationMetric.DRIFT_SHIFT.gauge(group, () -> shift);
    }

    private DriftWatch restored(KilnConfig config) throws Exception {
        for (byte[] one : state.get()) {
            return DriftWatch.of(config.evaluation().drift(), one);
        }
        return new DriftWatch(config.evaluation().drift());
    }

    /** Takes the next held-out image. */
    void add(SparseBatch image) {
        Optional<DriftAlarm> alarm = watch.add(image);
        shift = watch.shift();
        alarm.ifPresent(this::raise);
    }

    private void raise(DriftAlarm alarm) {
        alarms.inc();
        String text =
                String.format(
                        Locale.ROOT,
                        "held-out images have changed at image %d (%s): %s was %.4g and is %.4g (%s)",
                        alarm.getImage(),
                        ForeignRecords.printable(alarm.getImageId()),
                        alarm.getStatistic(),
                        alarm.getBefore(),
                        alarm.getNow(),
                        alarm.getDetector());
        LOG.warn(text);
        events.addEvent(
                Event.builder(EvaluateVersions.class, "ImageDrift")
                        .setSeverity("WARN")
                        .setBody(text)
                        .setAttribute("image", alarm.getImage())
                        .setAttribute("imageId", alarm.getImageId())
                        .setAttribute("statistic", alarm.getStatistic())
                        .setAttribute("detector", alarm.getDetector())
                        .setAttribute("before", alarm.getBefore())
                        .setAttribute("now", alarm.getNow()));
    }

    /** Where the images stand now. */
    DriftFigures figures() {
        return watch.figures();
    }

    /** An evaluation tells of its alarms. */
    void told(DriftFigures figures) {
        watch.told(figures.getRaised());
    }

    /** A checkpoint is taken. */
    void snapshot() throws Exception {
        state.update(List.of(watch.state()));
    }
}
