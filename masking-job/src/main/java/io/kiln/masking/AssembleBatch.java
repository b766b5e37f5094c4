package io.kiln.masking;

import io.kiln.config.KilnConfig;
import io.kiln.flink.KafkaSettings;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Samples to batches, each of one image partition and one view, in offset order: so a batch never
 * holds an image twice, and which images share one is a function of the data alone. A batch that is
 * not full goes out only when its partition has been idle for masking.flushAfter, or when the
 * stream ends (its timer at the end of time).
 */
final class AssembleBatch extends KeyedProcessFunction<String, MaskedSample, BatchMessage> {
    private static final long serialVersionUID = 1L;

    private final KilnConfig config;
    private transient @Nullable Work work;

    /** What lives on the task manager only. */
    private record Work(
            ListState<MaskedSample> samples,
            ValueState<Integer> count,
            ValueState<Long> idleTimer,
            BatchAssembler assembler,
            RecordSerializer<SparseBatch> serializer,
            Counter batches,
            Counter idleFlushes) {}

    AssembleBatch(KilnConfig config) {
        this.config = config;
    }

    /** Samples that may share a batch have the same key. */
    static String key(MaskedSample sample) {
        return sample.origin().topic() + " " + sample.origin().partition() + " " + sample.view();
    }

    @Override
    public void open(OpenContext context) {
        var metrics = getRuntimeContext().getMetricGroup().addGroup("masking");
        work =
                new Work(
                        getRuntimeContext()
                                .getListState(
                                        new ListStateDescriptor<>(
                                                "samples", TypeInformation.of(MaskedSample.class))),
                        getRuntimeContext()
                                .getState(new ValueStateDescriptor<>("count", Types.INT)),
                        getRuntimeContext()
                                .getState(new ValueStateDescriptor<>("idle-timer", Types.LONG)),
                        new BatchAssembler(config),
                        new RecordSerializer<>(KafkaSettings.registry(config)),
                        metrics.counter("batches"),
                        metrics.counter("idleFlushes"));
    }

    @Override
    public void processElement(MaskedSample sample, Context context, Collector<BatchMessage> out)
            throws Exception {
        Work w = Objects.requireNonNull(work, "open() comes first");
        Integer before = w.count.value();
        int count = before == null ? 1 : before + 1;
        w.samples.add(sample);
        w.count.update(count);
        if (count >= config.masking().batchSize()) {
            flush(w, context, out);
        } else {
            restartIdleTimer(w, context);
            context.timerService().registerEventTimeTimer(Long.MAX_VALUE);
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<BatchMessage> out)
            throws Exception {
        Work w = Objects.requireNonNull(work, "open() comes first");
        if (w.count.value() != null) {
            flush(w, context, out);
            w.idleFlushes.inc();
        }
    }

    private void flush(Work w, Context context, Collector<BatchMessage> out) throws Exception {
        List<MaskedSample> samples = new ArrayList<>();
        w.samples.get().forEach(samples::add);
        int trainer = samples.get(0).origin().partition() % config.topics().trainers();
        SparseBatch batch = w.assembler.assemble(samples);
        out.collect(
                new BatchMessage(
                        trainer,
                        Objects.requireNonNull(
                                w.serializer.serialize(config.topics().sparseBatches(), batch))));
        w.batches.inc();
        w.samples.clear();
        w.count.clear();
        stopIdleTimer(w, context);
        context.timerService().deleteEventTimeTimer(Long.MAX_VALUE);
    }

    private void restartIdleTimer(Work w, Context context) throws Exception {
        stopIdleTimer(w, context);
        long due =
                context.timerService().currentProcessingTime()
                        + config.masking().flushAfter().toMillis();
        context.timerService().registerProcessingTimeTimer(due);
        w.idleTimer.update(due);
    }

    private static void stopIdleTimer(Work w, Context context) throws Exception {
        Long due = w.idleTimer.value();
        if (due != null) {
            context.timerService().deleteProcessingTimeTimer(due);
            w.idleTimer.clear();
        }
    }
}
