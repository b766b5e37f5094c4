package io.kiln.images;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.EOFException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/**
 * The decoders behind {@link ImageDecoder}: the JDK's, and libwebp. They are made here by name
 * instead of being looked up by format, so that a plug-in that happens to be on the class path
 * changes no pixel, and so that they work in Flink's class loaders. A reader is kept from image to
 * image, and thrown away as soon as an image is refused or, of PNG and BMP, large. Not thread-safe.
 */
final class ImageReaders implements AutoCloseable {
    /** The decoders. */
    enum Codec {
        JPEG,
        PNG,
        BMP,
        /** libwebp, behind JNI. */
        WEBP;

        /** Whether the JDK's reader holds on to the image that it read last. */
        private boolean holdsImage() {
            return this == PNG || this == BMP;
        }

        private ImageReader newReader() {
            if (this == WEBP) {
                return newWebpReader();
            }
            for (Iterator<ImageReader> all = ImageIO.getImageReadersByFormatName(name());
                    all.hasNext(); ) {
                ImageReader reader = all.next();
                if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
                    return reader;
                }
            }
            throw new MissingCodecException(
                    "this Java runtime has no decoder for "
                            + this
                            + "; is it without java.desktop?",
                    null);
        }
    }

    private static ImageReader newWebpReader() {
        try {
            return new WebPImageReaderSpi().createReaderInstance(null);
        } catch (LinkageError e) {
            throw new MissingCodecException("libwebp cannot be loaded on this machine", e);
        }
    }

    /** The machine's fault, not the image's. */
    static final class MissingCodecException extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        private MissingCodecException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    private interface Read<T> {
        T from(ImageReader reader) throws IOException;
    }

    private static final ColorModel RGB =
            new ComponentColorModel(
                    ColorSpace.getInstance(ColorSpace.CS_sRGB),
                    false,
                    false,
                    ColorModel.OPAQUE,
                    DataBuffer.TYPE_BYTE);

    /** Most pixels of an image that a reader may hold on to. */
    private static final int KEPT_PIXELS = 1 << 20;

    /** libwebp's VP8_STATUS_SUSPENDED and VP8_STATUS_NOT_ENOUGH_DATA. */
    private static final Pattern WEBP_ENDS_EARLY = Pattern.compile("Suspended|NotEnoughData");

    private final Map<Codec, ImageReader> readers = new EnumMap<>(Codec.class);
    private final DecoderWarnings warnings = new DecoderWarnings();
    private final DamagePolicy policy;

    ImageReaders(DamagePolicy policy) {
        this.policy = policy;
    }

    DamagePolicy policy() {
        return policy;
    }

    /** Decodes the first image. */
    BufferedImage read(Codec codec, byte[] bytes) throws BadImageException {
        BufferedImage image = read(codec, bytes, reader -> reader.read(0));
        if (codec.holdsImage() && (long) image.getWidth() * image.getHeight() > KEPT_PIXELS) {
            forget(codec);
        }
        return image;
    }

    /**
     * Decodes the first image to red, green and blue in this order. Into an array in the order that
     * the decoder itself works in, rows are copied whole.
     */
    Bitmap readRgb(Codec codec, byte[] bytes, int height, int width) throws BadImageException {
        byte[] rgb = new byte[Math.multiplyExact(height * 3, width)];
        WritableRaster raster =
                Raster.createInterleavedRaster(
                        new DataBufferByte(rgb, rgb.length),
                        width,
                        height,
                        3 * width,
                        3,
                        new int[] {0, 1, 2},
                        null);
        BufferedImage target = new BufferedImage(RGB, raster, false, null);
        read(
                codec,
                bytes,
                reader -> {
                    ImageReadParam param = reader.getDefaultReadParam();
                    param.setDestination(target);
                    return reader.read(0, param);
                });
        return Bitmap.rgb(height, width, rgb);
    }

    /** Decodes the first image without interpreting its components as a colour. */
    Raster readRaster(Codec codec, byte[] bytes) throws BadImageException {
        return read(codec, bytes, reader -> reader.readRaster(0, null));
    }

    private <T> T read(Codec codec, byte[] bytes, Read<T> read) throws BadImageException {
        ImageReader reader = readers.computeIfAbsent(codec, this::newReader);
        warnings.clear();
        boolean good = false;
        try {
            reader.setInput(new BytesInput(bytes), true, true);
            T decoded = read.from(reader);
            warnings.requireNone(codec, policy);
            // Not null, which not every reader takes: the image's bytes must not be kept.
            reader.setInput(new BytesInput(new byte[0]));
            good = true;
            return decoded;
        } catch (BytesInput.ReadBehindTheEnd e) {
            throw new BadImageException(ImageDefect.TRUNCATED, codec + " " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            if (e.getCause() instanceof EOFException || e instanceof EOFException) {
                throw new BadImageException(
                        ImageDefect.TRUNCATED, codec + " ends before its last pixel", e);
            }
            if (WEBP_ENDS_EARLY.matcher(String.valueOf(e.getMessage())).find()) {
                throw new BadImageException(
                        ImageDefect.TRUNCATED, codec + " ends before its last pixel", e);
            }
            // A decoder that trips over a hostile image throws whatever its arithmetic throws.
            throw new BadImageException(
                    ImageDefect.UNDECODABLE, codec + " cannot be decoded: " + describe(e), e);
        } finally {
            if (!good) {
                forget(codec);
            }
        }
    }

    private void forget(Codec codec) {
        ImageReader reader = readers.remove(codec);
        if (reader != null) {
            reader.dispose();
        }
    }

    private ImageReader newReader(Codec codec) {
        ImageReader reader = codec.newReader();
        reader.addIIOReadWarningListener(warnings);
        return reader;
    }

    private static String describe(Exception e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    @Override
    public void close() {
        readers.values().forEach(ImageReader::dispose);
        readers.clear();
    }
}
