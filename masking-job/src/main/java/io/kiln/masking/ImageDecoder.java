package io.kiln.masking;

import io.kiln.masking.BadImageException.Reason;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Encoded bytes to RGB. Sizes are read and checked before any pixel is decoded, so that a bomb
 * costs nothing. A picture that breaks off is refused, where decoders would fill the rest with
 * grey. Not thread-safe.
 */
public final class ImageDecoder {
    static {
        ImageIO.setUseCache(false);
    }

    private final int maxPixels;

    /**
     * @param maxPixels largest picture, width times height
     */
    public ImageDecoder(int maxPixels) {
        this.maxPixels = maxPixels;
    }

    /**
     * @throws BadImageException if the bytes are not a whole picture of a known format within the
     *     bounds
     */
    public Picture decode(byte[] bytes) throws BadImageException {
        ImageFormat format =
                ImageFormat.of(bytes)
                        .orElseThrow(
                                () ->
                                        new BadImageException(
                                                Reason.NOT_AN_IMAGE,
                                                "the "
                                                        + bytes.length
                                                        + " bytes are neither JPEG, PNG, GIF, BMP nor WebP"));
        ImageReader reader = reader(format);
        try (ImageInputStream input =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(input, true, true);
            requireWithinBounds(reader.getWidth(0), reader.getHeight(0));
            return PictureConversion.toRgb(read(reader));
        } catch (EOFException e) {
            throw new BadImageException(Reason.TRUNCATED, "the " + format + " ends too early", e);
        } catch (IIOException e) {
            throw damaged(format, e);
        } catch (IOException
                | RuntimeException
                        e) { // readers answer damaged input with nearly any unchecked exception
            throw new BadImageException(
                    Reason.UNDECODABLE, "the " + format + " cannot be decoded: " + e, e);
        } finally {
            reader.dispose();
        }
    }

    private static ImageReader reader(ImageFormat format) {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.imageIoName());
        if (!readers.hasNext()) {
            throw new IllegalStateException(
                    "no ImageIO reader for " + format + " on the class path");
        }
        return readers.next();
    }

    private void requireWithinBounds(int width, int height) throws BadImageException {
        if (width < 1 || height < 1) {
            throw new BadImageException(
                    Reason.UNDECODABLE, "the header says " + width + " x " + height + " pixels");
        }
        if ((long) width * height > maxPixels) {
            throw new BadImageException(
                    Reason.TOO_MANY_PIXELS,
                    width
                            + " x "
                            + height
                            + " pixels are more than masking.maxPixels = "
                            + maxPixels);
        }
    }

    private static BufferedImage read(ImageReader reader) throws IOException, BadImageException {
        StringBuilder truncation = new StringBuilder();
        reader.addIIOReadWarningListener(
                (source, warning) -> {
                    if (tellsOfTruncation(warning)) {
                        truncation.append(warning);
                    }
                });
        BufferedImage image = reader.read(0, reader.getDefaultReadParam());
        if (truncation.length() > 0) {
            throw new BadImageException(Reason.TRUNCATED, truncation.toString());
        }
        return image;
    }

    private static BadImageException damaged(ImageFormat format, IIOException e) {
        boolean truncated =
                e.getCause() instanceof EOFException
                        || tellsOfTruncation(String.valueOf(e.getMessage()));
        return new BadImageException(
                truncated ? Reason.TRUNCATED : Reason.UNDECODABLE,
                "the " + format + " cannot be decoded: " + e.getMessage(),
                e);
    }

    private static boolean tellsOfTruncation(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.contains("premature")
                || lower.contains("truncat")
                || lower.contains("unexpected end")
                || lower.contains("end of file");
    }
}
