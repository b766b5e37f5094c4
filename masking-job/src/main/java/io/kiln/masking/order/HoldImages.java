package io.kiln.masking.order;

import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.BatchSettings;
import io.kiln.masking.sampling.MaskingPlan;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;

/**
 * Runs a function in whose state images wait. Before anything arrives, it looks at all that waits,
 * and fails if any was masked under other settings. Had one partition gone on under the new ones
 * until a checkpoint, no settings would fit all that waits in that checkpoint.
 */
public final class HoldImages<T> extends KeyedProcessOperator<String, MaskedImage, T> {
    private static final long serialVersionUID = 1L;

    private final BatchSettings settings;

    /**
     * @param function which keeps {@link WaitingImages#state}
     */
    public HoldImages(
            MaskingPlan plan, KeyedProcessFunction<String, MaskedImage, T> function) {
        super(function);
        this.settings = plan.batchSettings();
    }

    @Override
    public void open() throws Exception {
        super.open();
        getKeyedStateBackend()
                .applyToAllKeys(
                        VoidNamespace.INSTANCE,
                        VoidNamespaceSerializer.INSTANCE,
                        WaitingImages.state(),
                        (partition, waiting) -> waiting.value().requireSame(settings));
    }
}
