package io.kiln.evaluation.version;

import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.model.features.Accuracy;
import io.kiln.model.features.Embeddings;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.features.NearestNeighbours;
import io.kiln.model.features.Ridge;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.ProbeFigures;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The probe of one version, part by part of its pictures, then fold by fold. */
final class ProbeMeasurement {
    private final ProbeSet set;
    private final InputSpec input;
    private final double[][] embeddings;
    private final List<Double> nearest = new ArrayList<>();
    private final List<Double> linear = new ArrayList<>();

    ProbeMeasurement(ProbeSet set, InputSpec input) {
        this.set = set;
        this.input = input;
        this.embeddings = new double[set.size()][];
    }

    /** Embeds pictures from one number to before another. */
    void embed(ImageEncoder encoder, int from, int to) {
        List<FeatureMap> stages =
                encoder.features(set.geometry(), to - from, set.pixels(from, to, input));
        FeatureMap last = stages.get(stages.size() - 1);
        for (int i = from; i < to; i++) {
            embeddings[i] = Embeddings.of(encoder.architecture(), last, i - from);
        }
    }

    /** Tells the next fold of pictures from the others. */
    void fold() {
        LabelledEmbeddings labelled = labelled();
        int[] fold = labelled.folds(ProbeSet.FOLDS, ProbeSet.SEED);
        int tested = linear.size();
        nearest.add(labelled.accuracy(new NearestNeighbours(), fold, tested));
        linear.add(labelled.accuracy(new Ridge(), fold, tested));
    }

    private LabelledEmbeddings labelled() {
        return new LabelledEmbeddings(embeddings, set.labels(), set.classes());
    }

    /** The figures; null unless all folds were told. */
    @Nullable ProbeFigures figures() {
        if (linear.size() < ProbeSet.FOLDS) {
            return null;
        }
        Accuracy byNearest = new Accuracy(nearest);
        Accuracy byLinear = new Accuracy(linear);
        return new ProbeFigures(
                set.size(),
                set.classes(),
                set.id(),
                ProbeSet.FOLDS,
                labelled().chance(),
                byNearest.mean(),
                byNearest.spread(),
                byLinear.mean(),
                byLinear.spread());
    }
}
