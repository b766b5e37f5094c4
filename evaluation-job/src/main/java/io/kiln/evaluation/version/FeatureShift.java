package io.kiln.evaluation.version;

import io.kiln.evaluation.measures.Features;
import io.kiln.evaluation.measures.FrechetDistance;
import io.kiln.schemas.DriftFigures;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How far the features of recent images are from those of the anchors that are not among them.
 *
 * @param frechet their squared Fréchet distance
 * @param byChance the same if nothing had changed
 */
record FeatureShift(double frechet, double byChance) {
    private static final int FEWEST_IMAGES = 16;
    private static final int MOST_IMAGES = 256;
    private static final int DIVISIONS = 5;

    /** Measures it; empty if there are too few images, or features are not finite. */
    static Optional<FeatureShift> of(SetMeasurement anchors, SetMeasurement recent) {
        Set<String> newest = new HashSet<>(recent.imageIds());
        List<double[]> before = anchors.rowsBut(newest);
        List<double[]> now = recent.rowsBut(Set.of());
        if (before.size() < FEWEST_IMAGES || now.size() < FEWEST_IMAGES) {
            return Optional.empty();
        }
        Features first = SetMeasurement.features(before.subList(0, most(before)));
        Features second = SetMeasurement.features(now.subList(now.size() - most(now), now.size()));
        double frechet = FrechetDistance.of(first, second);
        double byChance = FrechetDistance.byChance(first, second, DIVISIONS);
        return Double.isFinite(frechet) && Double.isFinite(byChance)
                ? Optional.of(new FeatureShift(frechet, byChance))
                : Optional.empty();
    }

    private static int most(List<double[]> rows) {
        return Math.min(MOST_IMAGES, rows.size());
    }

    /** Adds it to what the images alone tell. */
    DriftFigures addedTo(DriftFigures drift) {
        return DriftFigures.newBuilder(drift)
                .setFrechet(frechet)
                .setFrechetByChance(byChance)
                .build();
    }
}
