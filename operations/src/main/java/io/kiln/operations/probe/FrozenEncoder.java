package io.kiln.operations.probe;

import io.kiln.images.Bitmap;
import io.kiln.images.PictureException;
import io.kiln.images.PictureFiles;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.features.Embeddings;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.model.weights.WeightFileException;
import io.kiln.operations.OperationException;
import io.kiln.operations.encoder.EncoderInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/** Embeddings of pictures by an encoder of a file. */
final class FrozenEncoder implements AutoCloseable {
    private static final int BATCH = 16;
    private static final int MOST_NAMED = 20;

    private final ImageEncoder encoder;
    private final EncoderInput input;

    private FrozenEncoder(ImageEncoder encoder, EncoderInput input) {
        this.encoder = encoder;
        this.input = input;
    }

    /**
     * Opens an encoder.
     *
     * @param file that a training run wrote
     * @throws OperationException if it is none
     */
    static FrozenEncoder open(Path file) {
        ImageEncoder encoder;
        try {
            encoder = ImageEncoder.open(file);
        } catch (WeightFileException | IllegalArgumentException e) {
            throw new OperationException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new OperationException(file + " cannot be read (" + e + ")", e);
        }
        try {
            return new FrozenEncoder(encoder, EncoderInput.of(encoder, file));
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    /**
     * Embeds pictures. Once one cannot be used, the others are only looked at.
     *
     * @param progress is told how many are done
     * @return an embedding for each
     * @throws PictureException naming those that cannot be used
     */
    double[][] embed(List<Path> pictures, IntConsumer progress) {
        double[][] embeddings = new double[pictures.size()][];
        List<String> unusable = new ArrayList<>();
        InputGeometry geometry = input.geometry();
        try (PictureFiles files =
                new PictureFiles(
                        geometry.height(), geometry.width(), geometry.channels(), input.scale())) {
            for (int begin = 0; begin < embeddings.length; begin += BATCH) {
                int end = Math.min(begin + BATCH, embeddings.length);
                float[] pixels = pixels(pictures.subList(begin, end), files, unusable);
                if (unusable.isEmpty()) {
                    embed(pixels, end - begin, embeddings, begin);
                }
                progress.accept(end);
            }
        }
        if (!unusable.isEmpty()) {
            throw new PictureException(named(unusable));
        }
        return embeddings;
    }

    private static String named(List<String> unusable) {
        int more = unusable.size() - MOST_NAMED;
        String named = unusable.stream().limit(MOST_NAMED).collect(Collectors.joining("\n"));
        return more > 0 ? named + "\nand " + more + " more" : named;
    }

    private float[] pixels(List<Path> pictures, PictureFiles files, List<String> unusable) {
        InputGeometry geometry = input.geometry();
        int values = geometry.channels() * geometry.height() * geometry.width();
        float[] pixels = new float[Math.multiplyExact(pictures.size(), values)];
        for (int i = 0; i < pictures.size(); i++) {
            try {
                Bitmap image = files.read(pictures.get(i));
                input.normalisation()
                        .apply(image.samples(), image.sampleBytes(), pixels, i * values);
            } catch (PictureException e) {
                unusable.add(String.valueOf(e.getMessage()));
            }
        }
        return pixels;
    }

    private void embed(float[] pixels, int pictures, double[][] embeddings, int begin) {
        List<FeatureMap> maps = encoder.features(input.geometry(), pictures, pixels);
        FeatureMap last = maps.get(maps.size() - 1);
        for (int i = 0; i < pictures; i++) {
            embeddings[begin + i] = Embeddings.of(encoder.architecture(), last, i);
        }
    }

    @Override
    public void close() {
        encoder.close();
    }
}
