package io.kiln.evaluation.version;

import io.kiln.config.CompatibilityConfig;
import io.kiln.model.features.Adapter;
import io.kiln.model.features.NeighbourRecall;
import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Compatibility;
import io.kiln.schemas.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Embeddings of the same anchors by a new version and by the old one, compared step by step. An
 * anchor is adapted by an adapter that was fitted to the others: few images in many dimensions can
 * be turned onto any others.
 */
final class Comparison {
    /** Anchors that are compared at most, those with the lowest keys: an even sample too. */
    private static final int MOST_IMAGES = 1024;

    private static final int FEWEST_IMAGES = 2 * NeighbourRecall.NEIGHBOURS;

    private static final int FOLDS = 5;

    private final CompatibilityConfig config;
    private final CheckpointEvent oldVersion;
    private final double[][] old;
    private final double[][] now;
    private final double oldVariance;
    private final List<Runnable> steps = new ArrayList<>();
    private @Nullable NeighbourRecall index;
    private @Nullable Adapter adapter;
    private double recall;
    private double adaptedRecall;
    private double residual;

    private Comparison(
            CompatibilityConfig config,
            CheckpointEvent oldVersion,
            double[][] old,
            double[][] now) {
        this.config = config;
        this.oldVersion = oldVersion;
        this.old = old;
        this.now = now;
        this.oldVariance = variance(old);
        steps.add(this::plain);
        for (int fold = 0; fold < FOLDS; fold++) {
            int tested = fold;
            steps.add(() -> adapted(tested));
        }
        steps.add(() -> adapter = Adapter.fit(old, now));
    }

    /**
     * Begins a comparison.
     *
     * @param refusal is given why the two cannot be compared
     */
    static Optional<Comparison> of(
            CompatibilityConfig config, Measured old, Measured now, List<String> refusal) {
        String version = PromotedFigures.name(old.event());
        if (!old.anchors().getImagesId().equals(now.anchors().getImagesId())) {
            refusal.add("no comparison with " + version + ", which takes other images");
        } else if (now.embeddings().length > 0 && old.embeddings().length > 0) {
            double[][] before = first(old.embeddings());
            double[][] after = first(now.embeddings());
            if (before.length < FEWEST_IMAGES) {
                refusal.add(
                        "no comparison with "
                                + version
                                + ": there are "
                                + before.length
                                + " anchors; expected at least "
                                + FEWEST_IMAGES);
            } else if (before[0].length != after[0].length) {
                refusal.add(
                        "no comparison with "
                                + version
                                + ", whose embeddings have "
                                + before[0].length
                                + " values: embed anew");
            } else if (!isFinite(before) || !isFinite(after) || !(variance(before) > 0)) {
                refusal.add(
                        "no comparison with "
                                + version
                                + ": embeddings are not finite, or those of that version are the same"
                                + " for all anchors");
            } else {
                return Optional.of(new Comparison(config, old.event(), before, after));
            }
        }
        return Optional.empty();
    }

    private static double[][] first(double[][] rows) {
        return Arrays.copyOf(rows, Math.min(rows.length, MOST_IMAGES));
    }

    private static boolean isFinite(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).allMatch(Double::isFinite);
    }

    /**
     * Takes the next step.
     *
     * @return whether another one remains
     */
    boolean step() {
        if (!steps.isEmpty()) {
            steps.remove(0).run();
        }
        return !steps.isEmpty();
    }

    private void plain() {
        index = new NeighbourRecall(old);
        recall = index.of(now);
    }

    private void adapted(int fold) {
        Adapter fitted = Adapter.fit(rows(old, fold), rows(now, fold));
        double scale = oldVariance * old.length;
        double[][] tested =
                IntStream.range(0, now.length)
                        .parallel()
                        .mapToObj(i -> tested(fitted, i, fold))
                        .toArray(double[][]::new);
        for (double[] one : tested) {
            adaptedRecall += one[0] / now.length;
            residual += one[1] / scale;
        }
    }

    /** Recall and squared distance of an image that the adapter was not fitted to. */
    private double[] tested(Adapter fitted, int image, int fold) {
        if (image % FOLDS != fold) {
            return new double[2];
        }
        double[] adapted = fitted.apply(now[image]);
        double found = Objects.requireNonNull(index, "step 1").of(image, adapted);
        return new double[] {found, distance(adapted, old[image])};
    }

    private static double[][] rows(double[][] all, int but) {
        return IntStream.range(0, all.length)
                .filter(i -> i % FOLDS != but)
                .mapToObj(i -> all[i])
                .toArray(double[][]::new);
    }

    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return sum;
    }

    /** Mean square distance from the mean. */
    private static double variance(double[][] rows) {
        double[] mean = Adapter.mean(rows);
        double sum = 0;
        for (double[] row : rows) {
            sum += distance(row, mean) / rows.length;
        }
        return sum;
    }

    /** The adapter that was fitted to all anchors. */
    Adapter adapter() {
        return Objects.requireNonNull(adapter, "once no step remains");
    }

    /** What to do with an index of old embeddings. */
    Verdict verdict() {
        if (recall >= config.keepRecall()) {
            return Verdict.KEEP;
        }
        return adaptedRecall >= config.adaptRecall() ? Verdict.ADAPT : Verdict.RE_EMBED;
    }

    /**
     * The figures, once no step remains.
     *
     * @param file of the adapter; null if there is none
     */
    Compatibility figures(@Nullable AdapterFile file) {
        return new Compatibility(
                oldVersion.getRunId(),
                oldVersion.getVersion(),
                now.length,
                Math.sqrt(distance(adapter().meanTo(), adapter().meanFrom()) / oldVariance),
                residual,
                recall,
                adaptedRecall,
                verdict(),
                file);
    }
}
