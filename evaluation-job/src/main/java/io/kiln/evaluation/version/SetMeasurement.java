package io.kiln.evaluation.version;

import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.evaluation.measures.Alignment;
import io.kiln.evaluation.measures.EffectiveRank;
import io.kiln.evaluation.measures.FeatureSpread;
import io.kiln.evaluation.measures.Features;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.features.Embeddings;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.model.training.TrainedNetwork;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SetFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The figures of one set of images, as they are measured part by part. */
final class SetMeasurement {
    /** Images whose second view is measured, the last ones. */
    private static final int MOST_VIEWS = 64;

    /** Figures of features; null where nothing was measured. */
    private record FeatureFigures(
            @Nullable Double effectiveRank,
            @Nullable Double spread,
            @Nullable Double dead,
            @Nullable Double alignment) {
        private static final FeatureFigures NONE = new FeatureFigures(null, null, null, null);
    }

    private final HeldOutImages images;
    private final InputSpec input;
    private final List<double[]> rows = new ArrayList<>();
    private final List<double[]> embeddings = new ArrayList<>();
    private final List<double[]> views = new ArrayList<>();
    private double lossSum;
    private long masked;
    private double runningSum;
    private long runningMasked;
    private FeatureFigures ofFeatures = FeatureFigures.NONE;

    SetMeasurement(HeldOutImages images, InputSpec input) {
        this.images = images;
        this.input = input;
    }

    /** Adds the loss of a part, weighted by its masked patches. */
    void addLoss(TrainedNetwork network, HeldOutImages part) {
        MaskedBatch batch = part.batch();
        OptionalDouble loss = network.loss(batch);
        if (loss.isPresent()) {
            lossSum += loss.getAsDouble() * batch.grid().masked();
            masked += batch.grid().masked();
        }
    }

    /** Adds the loss of a part with running statistics. */
    void addRunningLoss(TrainedNetwork network, HeldOutImages part) {
        MaskedBatch batch = part.batch();
        OptionalDouble loss = network.runningLoss(batch);
        if (loss.isPresent()) {
            runningSum += loss.getAsDouble() * batch.grid().masked();
            runningMasked += batch.grid().masked();
        }
    }

    /**
     * Adds the features of a part's images: the maps of the last stage, averaged over positions.
     */
    void addFeatures(ImageEncoder encoder, HeldOutImages part) {
        List<FeatureMap> stages =
                encoder.features(part.geometry(), part.size(), part.pixels(input));
        FeatureMap last = stages.get(stages.size() - 1);
        for (int image = 0; image < last.images(); image++) {
            rows.add(last.means(image));
            embeddings.add(Embeddings.of(encoder.architecture(), last, image));
        }
    }

    /** The images whose second view is measured. */
    HeldOutImages viewed() {
        return images.last(MOST_VIEWS);
    }

    /** Adds the features of the second views of a part of those images, after all features. */
    void addViews(ImageEncoder encoder, HeldOutImages part) {
        List<FeatureMap> stages =
                encoder.features(part.geometry(), part.size(), part.secondViews(input));
        FeatureMap last = stages.get(stages.size() - 1);
        for (int image = 0; image < last.images(); image++) {
            views.add(last.means(image));
        }
    }

    /**
     * Measures the features, once all have been added. It takes as long as many parts: the work
     * grows with the cube of images or features, whichever are fewer.
     */
    void measureFeatures() {
        Features features = rows.size() > 1 ? features(rows) : null;
        ofFeatures =
                new FeatureFigures(
                        features == null ? null : finite(EffectiveRank.of(features)),
                        features == null ? null : finite(FeatureSpread.of(features)),
                        features == null ? null : finite(FeatureSpread.dead(features)),
                        alignment());
    }

    /** Forgets the features that were added, after a failure in the middle. */
    void dropFeatures() {
        rows.clear();
        embeddings.clear();
        views.clear();
        ofFeatures = FeatureFigures.NONE;
    }

    /** Forgets the loss. */
    void dropLoss() {
        masked = 0;
        runningMasked = 0;
    }

    /** Values of a feature row; 0 if there is none. */
    int featureSize() {
        return rows.isEmpty() ? 0 : rows.get(0).length;
    }

    /** What services store of the images, [images, featureSize]. */
    double[][] embeddings() {
        return embeddings.toArray(double[][]::new);
    }

    /** All figures; null where nothing was measured. */
    SetFigures figures() {
        return new SetFigures(
                images.size(),
                images.id(),
                masked == 0 ? null : finite(lossSum / masked),
                ofFeatures.effectiveRank(),
                ofFeatures.spread(),
                ofFeatures.dead(),
                runningMasked == 0 ? null : finite(runningSum / runningMasked),
                ofFeatures.alignment());
    }

    private @Nullable Double alignment() {
        if (views.isEmpty()) {
            return null;
        }
        List<double[]> whole = rows.subList(rows.size() - views.size(), rows.size());
        return finite(Alignment.of(features(whole), features(views)));
    }

    /** Ids of the images, in the order of their features. */
    List<String> imageIds() {
        return images.ids();
    }

    /** Features of all images but some. */
    List<double[]> rowsBut(Set<String> left) {
        List<String> ids = imageIds();
        return IntStream.range(0, rows.size())
                .filter(i -> !left.contains(ids.get(i)))
                .mapToObj(rows::get)
                .toList();
    }

    /** Rows of features, at least one, as one array. */
    static Features features(List<double[]> rows) {
        int size = rows.get(0).length;
        double[] values = new double[Math.multiplyExact(rows.size(), size)];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, values, i * size, size);
        }
        return new Features(size, values);
    }

    private static @Nullable Double finite(double figure) {
        return Double.isFinite(figure) ? figure : null;
    }
}
