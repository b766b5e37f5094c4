package io.kiln.evaluation.version;

import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.model.features.Accuracy;
import io.kiln.model.features.Classifier;
import io.kiln.model.features.Embeddings;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.features.NearestNeighbours;
import io.kiln.model.features.Ridge;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.ProbeGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The probe of one version, part by part of its pictures, then fold by fold. */
final class ProbeMeasurement {
    /** What a classifier has told so far. */
    private static final class Told {
        private final Classifier classifier;
        private final List<Double> folds = new ArrayList<>();
        private final BitSet right = new BitSet();

        Told(Classifier classifier) {
            this.classifier = classifier;
        }

        void next(LabelledEmbeddings labelled, int[] fold) {
            int tested = folds.size();
            int[] found = labelled.right(classifier, fold, tested);
            long pictures = Arrays.stream(fold).filter(each -> each == tested).count();
            folds.add((double) found.length / pictures);
            Arrays.stream(found).forEach(right::set);
        }

        Accuracy accuracy() {
            return new Accuracy(folds);
        }

        double share(BitSet of) {
            BitSet both = (BitSet) of.clone();
            both.and(right);
            return (double) both.cardinality() / of.cardinality();
        }
    }

    private final ProbeSet set;
    private final InputSpec input;
    private final double[][] embeddings;
    private final Told nearest = new Told(new NearestNeighbours());
    private final Told linear = new Told(new Ridge());

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
        nearest.next(labelled, fold);
        linear.next(labelled, fold);
    }

    private LabelledEmbeddings labelled() {
        return new LabelledEmbeddings(embeddings, set.labels(), set.classes());
    }

    /** The figures; null unless all folds were told. */
    @Nullable ProbeFigures figures() {
        if (linear.folds.size() < ProbeSet.FOLDS) {
            return null;
        }
        Accuracy byNearest = nearest.accuracy();
        Accuracy byLinear = linear.accuracy();
        return new ProbeFigures(
                set.size(),
                set.classes(),
                set.id(),
                ProbeSet.FOLDS,
                labelled().chance(),
                byNearest.mean(),
                byNearest.spread(),
                byLinear.mean(),
                byLinear.spread(),
                groups());
    }

    private List<ProbeGroup> groups() {
        Map<String, BitSet> pictures = new TreeMap<>();
        for (int i = 0; i < set.size(); i++) {
            pictures.computeIfAbsent(set.groups().get(i), name -> new BitSet()).set(i);
        }
        if (pictures.keySet().equals(Set.of(""))) {
            return List.of();
        }
        return pictures.entrySet().stream()
                .map(
                        group ->
                                new ProbeGroup(
                                        group.getKey(),
                                        group.getValue().cardinality(),
                                        nearest.share(group.getValue()),
                                        linear.share(group.getValue())))
                .toList();
    }
}
