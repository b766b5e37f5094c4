package io.kiln.training.checkpoints;

import io.kiln.model.training.Trainer;
import io.kiln.schemas.OffsetRange;
import io.kiln.training.state.RunProgress;
import java.util.List;

/**
 * What a version's weights have been trained on, by whichever trainers.
 *
 * @param offsets of images and sparse-batches, ordered by topic and partition
 * @param samples images, counting repeats
 */
public record SeenByWeights(List<OffsetRange> offsets, long samples) {
    public SeenByWeights {
        offsets = List.copyOf(offsets);
    }

    /** Of the weights of a run's one trainer. */
    public static SeenByWeights of(Trainer trainer, RunProgress progress) {
        return new SeenByWeights(progress.seen().toRecords(), trainer.samplesSeen());
    }
}
