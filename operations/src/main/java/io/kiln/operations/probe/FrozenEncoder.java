package io.kiln.operations.probe;

import io.kiln.images.Bitmap;
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
import java.util.List;
import java.util.function.IntConsumer;

/** Embeddings of pictures by an encoder of a file. */
final class FrozenEncoder implements AutoCloseable {
    private static final int BATCH = 16;

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
     * Embeds pictures.
     *
     * @param progress is told how many are done
     * @return an embedding for each
     * @throws io.kiln.images.PictureException naming the first that cannot be used
     */
    double[][] embed(List<Path> pictures, IntConsumer progress) {
        double[][] embeddings = new double[pictures.size()][];
        InputGeometry geometry = input.geometry();
        try (PictureFiles files =
                new PictureFiles(
                        geometry.height(), geometry.width(), geometry.channels(), input.scale())) {
            for (int begin = 0; begin < embeddings.length; begin += BATCH) {
                int end = Math.min(begin + BATCH, embeddings.length);
                embed(pictures.subList(begin, end), files, embeddings, begin);
                progress.accept(end);
            }
        }
        return embeddings;
    }

    private void embed(List<Path> pictures, PictureFiles files, double[][] embeddings, int begin) {
        InputGeometry geometry = input.geometry();
        int values = geometry.channels() * geometry.height() * geometry.width();
        float[] pixels = new float[Math.multiplyExact(pictures.size(), values)];
        for (int i = 0; i < pictures.size(); i++) {
            Bitmap image = files.read(pictures.get(i));
            input.normalisation().apply(image.samples(), image.sampleBytes(), pixels, i * values);
        }
        List<FeatureMap> maps = encoder.features(geometry, pictures.size(), pixels);
        FeatureMap last = maps.get(maps.size() - 1);
        for (int i = 0; i < pictures.size(); i++) {
            embeddings[begin + i] = Embeddings.of(encoder.architecture(), last, i);
        }
    }

    @Override
    public void close() {
        encoder.close();
    }
}
