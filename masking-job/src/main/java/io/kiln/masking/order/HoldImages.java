package io.kiln.masking.order;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.BatchSettings;
import io.kiln.masking.sampling.MaskingPlan;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;

/**
 * Runs a function in whose state images wait. Before anything arrives, it looks at all that waits,
 * and fails if any was masked under other settings. Had one partition gone on under the new ones
 * until a checkpoint, no settings would fit all that waits in that checkpoint. It also brings
 * timers forward that a longer masking.flushAfter has set.
 */
public final class HoldImages<T> extends KeyedProcessOperator<String, MaskedImage, T> {
    private static final long serialVersionUID = 1L;

    /** What Flink calls the timers of a function. */
    private static final String TIMERS = "user-timers";

    private final BatchSettings settings;
    private final long flushAfterMillis;

    /**
     * @param function which keeps {@link WaitingImages#state}
     */
    public HoldImages(MaskingPlan plan, KeyedProcessFunction<String, MaskedImage, T> function) {
        super(function);
        this.settings = plan.batchSettings();
        this.flushAfterMillis = plan.masking().flushAfter().toMillis();
    }

    @Override
    public void open() throws Exception {
        super.open();
        InternalTimerService<VoidNamespace> timers =
                getInternalTimerService(TIMERS, VoidNamespaceSerializer.INSTANCE, this);
        getKeyedStateBackend()
                .applyToAllKeys(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        WaitingImages.state(),
                        (partition, waiting) -> {
                            waiting.value().requireSame(settings);
                            bringForward(waiting, timers);
                        });
    }

    private void bringForward(
            ValueState<WaitingImages> waiting, InternalTimerService<VoidNamespace> timers)
            throws Exception {
        long latest = timers.currentProcessingTime() + flushAfterMillis;
        if (waiting.value().timer() > latest) {
            timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, latest);
            waiting.update(waiting.value().withTimer(latest));
        }
    }
}
