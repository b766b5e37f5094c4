package io.kiln.training.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why a version that was due is not published, for people. */
final class WithheldVersion {
    private WithheldVersion() {}

    /**
     * @param notFinite tensors that hold numbers that are not finite
     * @param loss mean since the last version; null if no step was taken
     * @param maxLoss checkpoints.maxLoss
     */
    static String reason(List<String> notFinite, @Nullable Double loss, double maxLoss) {
        if (notFinite.isEmpty()) {
            return "the mean loss since the last version is "
                    + loss
                    + ", more than checkpoints.maxLoss = "
                    + maxLoss;
        }
        return notFinite.size()
                + " tensors hold numbers that are not finite, such as "
                + notFinite.get(0);
    }
}
