package io.kiln.operations.checkpoints;

import io.kiln.config.KilnConfig;

/**
 * What tells a run from others on the same topics.
 *
 * @param model model.name of its configuration
 * @param run training.runId of its configuration
 */
public record RunName(String model, String run) {
    /** The run that a configuration selects. */
    public static RunName of(KilnConfig config) {
        return new RunName(config.model().name(), config.training().runId());
    }

    /** As people write it: model/run. */
    @Override
    public String toString() {
        return model + "/" + run;
    }
}
