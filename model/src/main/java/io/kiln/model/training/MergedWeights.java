package io.kiln.model.training;

/**
 * Settings of a plain mean of the weights at several steps, which stands for a fall of the learning
 * rate (Tian et al., "WSM: Decay-Free Learning Rate Schedule via Checkpoint Merging", arXiv
 * 2507.17634).
 *
 * @param count how many weights are merged, at least 2: those of the last multiples of everySteps
 * @param everySteps steps from one to the next, at least 1
 */
public record MergedWeights(int count, long everySteps) implements AverageSettings {
    public MergedWeights {
        if (count < 2 || everySteps < 1) {
            throw new IllegalArgumentException(
                    "count "
                            + count
                            + " and everySteps "
                            + everySteps
                            + " are not allowed; expected at least 2 and 1");
        }
    }
}
