package io.kiln.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads picture files as an encoder in use is given them: whole, fitted by their centre. */
public final class PictureFiles implements AutoCloseable {
    private final ImageDecoder decoder;
    private final int height;
    private final int width;

    /**
     * @param height rows of each picture
     * @param width columns
     * @param channels of each picture
     */
    public PictureFiles(int height, int width, int channels, SampleScale scale) {
        this.decoder = new ImageDecoder(DecodeLimits.WIDE, channels, scale);
        this.height = height;
        this.width = width;
    }

    /**
     * Reads one.
     *
     * @throws PictureException naming it, if it cannot be used
     */
    public Bitmap read(Path picture) {
        try {
            return CentreCrop.fit(decoder.decode(Files.readAllBytes(picture)), height, width);
        } catch (BadImageException e) {
            throw new PictureException(
                    picture
                            + " cannot be used: "
                            + e.getMessage()
                            + "; correct it or take it out of its folder",
                    e);
        } catch (IOException e) {
            throw new PictureException(picture + " cannot be read (" + e + ")", e);
        }
    }

    @Override
    public void close() {
        decoder.close();
    }
}
