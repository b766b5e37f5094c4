package io.kiln.operations.probe;

import io.kiln.images.ClassFolders;
import io.kiln.images.PictureException;
import io.kiln.model.features.Accuracy;
import io.kiln.model.features.LabelledEmbeddings;
import io.kiln.model.features.NearestNeighbours;
import io.kiln.model.features.Ridge;
import io.kiln.operations.OperationException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * How well classes can be told by the features of a frozen encoder, as {@link LabelledEmbeddings}
 * measures it.
 *
 * @param pictures how many there are
 * @param classes how many there are
 * @param embeddingSize values of an embedding
 * @param chance share of the largest class: what always naming it would get right
 * @param nearest accuracy of {@link NearestNeighbours}
 * @param linear accuracy of {@link Ridge}
 */
public record Probe(
        int pictures,
        int classes,
        int embeddingSize,
        double chance,
        Accuracy nearest,
        Accuracy linear) {
    /**
     * Probes an encoder.
     *
     * @param encoder file that a training run wrote
     * @param folder with a folder of pictures for each class
     * @param folds 2 or more
     * @param seed of the folds
     * @param progress is told how many pictures have been embedded
     * @throws OperationException if the encoder cannot be used, there are too few pictures, or some
     *     cannot be used, each of which it names
     */
    public static Probe of(Path encoder, Path folder, int folds, long seed, IntConsumer progress) {
        ClassFolders data;
        double[][] embeddings;
        try {
            data = ClassFolders.read(folder, folds);
            embeddings = embed(encoder, data.pictures(), progress);
        } catch (PictureException e) {
            throw new OperationException(String.valueOf(e.getMessage()), e);
        }
        LabelledEmbeddings labelled =
                new LabelledEmbeddings(embeddings, data.labels(), data.classes().size());
        int[] fold = labelled.folds(folds, seed);
        return new Probe(
                embeddings.length,
                labelled.classes(),
                embeddings[0].length,
                labelled.chance(),
                labelled.accuracy(new NearestNeighbours(), fold),
                labelled.accuracy(new Ridge(), fold));
    }

    private static double[][] embed(Path encoder, List<Path> pictures, IntConsumer progress) {
        try (FrozenEncoder frozen = FrozenEncoder.open(encoder)) {
            return frozen.embed(pictures, progress);
        }
    }
}
