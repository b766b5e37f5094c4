package io.kiln.operations.encoder;

import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.CentreCrop;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.SampleScale;
import io.kiln.model.batch.Normalisation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/**
 * Batches of the images below a folder, in the order of their names, as an encoder takes them: each
 * image is cropped to the largest centred part with the aspect ratio of the input, then resized.
 * Skips and counts files that are not images. Skips an incomplete last batch.
 */
public final class ImageFolderBatches implements Iterator<float[]>, AutoCloseable {

    private final int height;
    private final int width;
    private final int images;
    private final Normalisation normalisation;
    private final ImageDecoder decoder;
    private final List<Path> files;
    private int next;
    private int refused;
    private List<Bitmap> batch = List.of();

    /**
     * Lists a folder recursively.
     *
     * @param height height of the input in pixels
     * @param width width of the input in pixels
     * @param images images per batch
     * @param scale what samples become of the values that files hold
     * @throws IOException if the folder cannot be read
     */
    public ImageFolderBatches(
            Path folder,
            int height,
            int width,
            int images,
            SampleScale scale,
            Normalisation normalisation)
            throws IOException {
        this.height = height;
        this.width = width;
        this.images = images;
        this.normalisation = normalisation;
        this.decoder = new ImageDecoder(DecodeLimits.WIDE, normalisation.channels(), scale);
        try (Stream<Path> below = Files.walk(folder)) {
            this.files = below.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Override
    public boolean hasNext() {
        if (batch.isEmpty()) {
            batch = read();
        }
        return batch.size() == images;
    }

    /** The next batch, [images, channels, height, width], normalised. */
    @Override
    public float[] next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no further full batch of images");
        }
        int values = normalisation.channels() * height * width;
        float[] pixels = new float[images * values];
        for (int i = 0; i < images; i++) {
            Bitmap image = batch.get(i);
            normalisation.apply(image.samples(), image.sampleBytes(), pixels, i * values);
        }
        batch = List.of();
        return pixels;
    }

    /** The number of files so far that are not images Kiln can read. */
    public int refused() {
        return refused;
    }

    private List<Bitmap> read() {
        List<Bitmap> found = new ArrayList<>();
        while (found.size() < images && next < files.size()) {
            try {
                Bitmap image = decoder.decode(Files.readAllBytes(files.get(next++)));
                found.add(CentreCrop.fit(image, height, width));
            } catch (BadImageException e) {
                refused++;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return found;
    }

    @Override
    public void close() {
        decoder.close();
    }
}
