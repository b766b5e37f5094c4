package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.config.TrainingConfig.OtherMasking;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.SparseBatch;
import io.kiln.training.state.BatchMasking;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares what a batch says of its making with the configuration, which the state and the events
 * of the run repeat. Without the comparison they would tell what was meant, not what was done.
 */
final class BatchFit {
    private final List<String> differences = new ArrayList<>();

    private BatchFit() {}

    /**
     * @param place of the batch, for the message
     * @throws NonRecoverableJobException naming each key that differs, with both values
     */
    static void require(SparseBatch batch, String place, KilnConfig config) {
        BatchFit fit = new BatchFit();
        Geometry geometry = batch.getGeometry();
        fit.compare("input.height", geometry.getHeight(), config.input().height());
        fit.compare("input.width", geometry.getWidth(), config.input().width());
        fit.compare("input.channels", geometry.getChannels(), config.input().channels());
        fit.compare("input.patch", geometry.getPatch(), config.input().patch());
        fit.compare(
                "input.sampleType",
                batch.getSampleType().name().toLowerCase(Locale.ROOT),
                config.input().sampleType().name().toLowerCase(Locale.ROOT));
        fit.compare(
                "input.valueRange",
                List.copyOf(batch.getValueRange()),
                config.input().valueLimits());
        if (config.training().otherMasking() == OtherMasking.REFUSE) {
            BatchMasking found = BatchMasking.of(batch);
            fit.compare("masking.seed", found.seed(), config.masking().seed());
            fit.compare("masking.maskRatio", found.maskRatio(), config.masking().maskRatio());
        }
        if (!fit.differences.isEmpty()) {
            throw new NonRecoverableJobException(
                    place
                            + " was made with other settings than this trainer's. "
                            + String.join("; ", fit.differences)
                            + ". Both jobs need the same values: set back what differs. To train on batches of another"
                            + " masking.seed or masking.maskRatio, and to record theirs, set training.otherMasking=take");
        }
    }

    private void compare(String key, Object found, Object configured) {
        if (!found.equals(configured)) {
            differences.add(key + ": the batch has " + found + ", configured is " + configured);
        }
    }
}
