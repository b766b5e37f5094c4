package io.kiln.operations.probe;

import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.CentreCrop;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.script.ImageEncoder.FeatureMap;
import io.kiln.model.weights.WeightFileException;
import io.kiln.operations.OperationException;
import io.kiln.operations.encoder.EncoderInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/** Embeddings of pictures: the last stage's means, in a ConvNeXt normalised as timm does it. */
final class FrozenEncoder implements AutoCloseable {
    private static final int BATCH = 16;
    private static final double EPSILON = 1e-6; // of timm's head.norm

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
     * @throws OperationException naming the first that cannot be used
     */
    double[][] embed(List<Path> pictures, IntConsumer progress) {
        double[][] embeddings = new double[pictures.size()][];
        try (ImageDecoder decoder =
                new ImageDecoder(DecodeLimits.WIDE, input.geometry().channels(), input.scale())) {
            for (int begin = 0; begin < embeddings.length; begin += BATCH) {
                int end = Math.min(begin + BATCH, embeddings.length);
                embed(pictures.subList(begin, end), decoder, embeddings, begin);
                progress.accept(end);
            }
        }
        return embeddings;
    }

    private void embed(
            List<Path> pictures, ImageDecoder decoder, double[][] embeddings, int begin) {
        InputGeometry geometry = input.geometry();
        int values = geometry.channels() * geometry.height() * geometry.width();
        float[] pixels = new float[Math.multiplyExact(pictures.size(), values)];
        for (int i = 0; i < pictures.size(); i++) {
            Bitmap image =
                    CentreCrop.fit(
                            decoded(pictures.get(i), decoder), geometry.height(), geometry.width());
            input.normalisation().apply(image.samples(), image.sampleBytes(), pixels, i * values);
        }
        List<FeatureMap> maps = encoder.features(geometry, pictures.size(), pixels);
        FeatureMap last = maps.get(maps.size() - 1);
        for (int i = 0; i < pictures.size(); i++) {
            embeddings[begin + i] = pooled(last, i);
        }
    }

    private static Bitmap decoded(Path picture, ImageDecoder decoder) {
        try {
            return decoder.decode(Files.readAllBytes(picture));
        } catch (BadImageException e) {
            throw new OperationException(
                    picture
                            + " cannot be used: "
                            + e.getMessage()
                            + "; correct it or take it out of its folder",
                    e);
        } catch (IOException e) {
            throw new OperationException(picture + " cannot be read (" + e + ")", e);
        }
    }

    private double[] pooled(FeatureMap map, int image) {
        double[] means = map.means(image);
        if (!encoder.architecture().family().usesBatchNorm()) {
            Vectors.standardise(means, EPSILON);
        }
        return means;
    }

    @Override
    public void close() {
        encoder.close();
    }
}
