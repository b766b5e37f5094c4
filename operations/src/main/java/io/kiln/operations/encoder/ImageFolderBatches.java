package io.kiln.operations.encoder;

import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.Crop;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.Resampler;
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
 * The pictures below a folder, in the order of their names, in batches of whole images as an
 * encoder takes them: the largest centred part of the input's shape, resized. Files that are no
 * picture are counted and left out, and so is a last batch that is not full.
 */
public final class ImageFolderBatches implements Iterator<float[]>, AutoCloseable {
    private static final DecodeLimits LIMITS = new DecodeLimits(64 << 20, 100_000_000);

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
     * Lists a folder and all below it.
     *
     * @param height rows of an image
     * @param width columns of an image
     * @param images in a batch
     * @throws IOException if the folder cannot be read
     */
    public ImageFolderBatches(
            Path folder, int height, int width, int images, Normalisation normalisation)
            throws IOException {
        this.height = height;
        this.width = width;
        this.images = images;
        this.normalisation = normalisation;
        this.decoder = new ImageDecoder(LIMITS, normalisation.channels());
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
            throw new NoSuchElementException("there is no further full batch of pictures");
        }
        int values = normalisation.channels() * height * width;
        float[] pixels = new float[images * values];
        for (int i = 0; i < images; i++) {
            normalisation.apply(batch.get(i).samples(), pixels, i * values);
        }
        batch = List.of();
        return pixels;
    }

    /** Files so far that were no picture Kiln can read. */
    public int refused() {
        return refused;
    }

    private List<Bitmap> read() {
        List<Bitmap> pictures = new ArrayList<>();
        while (pictures.size() < images && next < files.size()) {
            try {
                pictures.add(fitted(decoder.decode(Files.readAllBytes(files.get(next++)))));
            } catch (BadImageException e) {
                refused++;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pictures;
    }

    /** The largest centred part of the input's shape, resized. */
    private Bitmap fitted(Bitmap picture) {
        double scale =
                Math.min((double) picture.height() / height, (double) picture.width() / width);
        int rows = Math.max(1, Math.min(picture.height(), (int) Math.round(height * scale)));
        int columns = Math.max(1, Math.min(picture.width(), (int) Math.round(width * scale)));
        Crop centre =
                new Crop(
                        (picture.height() - rows) / 2,
                        (picture.width() - columns) / 2,
                        rows,
                        columns);
        return Resampler.cropAndResize(picture, centre, height, width);
    }

    @Override
    public void close() {
        decoder.close();
    }
}
