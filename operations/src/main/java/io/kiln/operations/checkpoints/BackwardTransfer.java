package io.kiln.operations.checkpoints;

import io.kiln.schemas.EraFigures;
import io.kiln.schemas.Evaluation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Backward transfer of a version: how much its loss on earlier eras has fallen since the first
 * version that was measured on them, mean over all eras but the newest (Lopez-Paz and Ranzato,
 * "Gradient Episodic Memory for Continual Learning", NeurIPS 2017, equation 3, with losses in place
 * of accuracies and the sign turned, so that below 0 means forgetting).
 */
final class BackwardTransfer {
    private BackwardTransfer() {}

    /**
     * @param until evaluations of the run by version, ascending, up to that of the version
     * @return empty if fewer than two eras are over; 0 for samples that are new
     */
    static Optional<Double> of(List<Evaluation> until) {
        if (until.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Double> first = new HashMap<>();
        for (Evaluation one : until) {
            for (EraFigures era : one.getEras()) {
                if (era.getLoss() != null) {
                    first.putIfAbsent(sample(era), era.getLoss());
                }
            }
        }
        List<EraFigures> eras = until.get(until.size() - 1).getEras();
        OptionalDouble mean =
                eras.stream()
                        .limit(Math.max(0, eras.size() - 1))
                        .filter(era -> era.getLoss() != null)
                        .mapToDouble(
                                era ->
                                        Objects.requireNonNull(first.get(sample(era)))
                                                - era.getLoss())
                        .average();
        return mean.isPresent() ? Optional.of(mean.getAsDouble()) : Optional.empty();
    }

    private static String sample(EraFigures era) {
        return era.getFirst() + "-" + era.getLast() + " " + era.getImagesId();
    }
}
