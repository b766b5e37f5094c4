package io.kiln.model.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Embeddings of images of known classes, by which an encoder is probed. Images of each class are
 * dealt to folds at random; each fold is told from what the others teach.
 *
 * @param embeddings [images, size]
 * @param labels number of each image's class, from 0
 * @param classes how many there are
 */
@SuppressWarnings("ArrayRecordComponent") // measured, never compared
public record LabelledEmbeddings(double[][] embeddings, int[] labels, int classes) {
    public LabelledEmbeddings {
        if (embeddings.length != labels.length) {
            throw new IllegalArgumentException(
                    embeddings.length + " embeddings with " + labels.length + " labels");
        }
    }

    /** The fold of each image; those of a class are dealt evenly. */
    public int[] folds(int folds, long seed) {
        Random random = new Random(seed);
        int[] fold = new int[labels.length];
        int next = 0;
        for (int c = 0; c < classes; c++) {
            int label = c;
            List<Integer> members = new ArrayList<>();
            IntStream.range(0, labels.length).filter(i -> labels[i] == label).forEach(members::add);
            Collections.shuffle(members, random);
            for (int member : members) {
                fold[member] = next++ % folds;
            }
        }
        return fold;
    }

    /** Share of the largest class: what always naming it would get right. */
    public double chance() {
        int[] counts = new int[classes];
        for (int label : labels) {
            counts[label]++;
        }
        return (double) Arrays.stream(counts).max().orElseThrow() / labels.length;
    }

    /**
     * Accuracy of a classifier on all folds.
     *
     * @param fold of each image
     */
    public Accuracy accuracy(Classifier classifier, int[] fold) {
        int folds = Arrays.stream(fold).max().orElseThrow() + 1;
        return new Accuracy(
                IntStream.range(0, folds)
                        .mapToObj(tested -> accuracy(classifier, fold, tested))
                        .toList());
    }

    /**
     * Share of a fold's images that a classifier tells rightly once it has learnt from the others.
     *
     * @param fold of each image
     * @param tested number of the fold
     */
    public double accuracy(Classifier classifier, int[] fold, int tested) {
        long images = Arrays.stream(fold).filter(each -> each == tested).count();
        return (double) right(classifier, fold, tested).length / images;
    }

    /**
     * Which of a fold's images a classifier tells rightly once it has learnt from the others.
     *
     * @param fold of each image
     * @param tested number of the fold
     * @return numbers of the images, ascending
     */
    public int[] right(Classifier classifier, int[] fold, int tested) {
        int[] train = where(i -> fold[i] != tested);
        int[] test = where(i -> fold[i] == tested);
        int[] found = classifier.classify(rows(train), labels(train), classes, rows(test));
        return IntStream.range(0, found.length)
                .filter(i -> found[i] == labels[test[i]])
                .map(i -> test[i])
                .toArray();
    }

    private int[] where(IntPredicate condition) {
        return IntStream.range(0, labels.length).filter(condition).toArray();
    }

    private double[][] rows(int[] which) {
        return Arrays.stream(which).mapToObj(i -> embeddings[i]).toArray(double[][]::new);
    }

    private int[] labels(int[] which) {
        return Arrays.stream(which).map(i -> labels[i]).toArray();
    }
}
