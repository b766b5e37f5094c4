package io.kiln.encoder;

import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.CentreCrop;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.SampleRange;
import io.kiln.images.SampleScale;
import io.kiln.schemas.InputSpec;
import java.util.List;

/** Encoded images to the input of an encoder, as its event says. Thread-safe. */
final class Preparation {
    private static final String FILTER = "bicubic";
    private static final String FIT = "centre-crop";
    private static final double HIGHEST_BYTE = 255;
    private static final double HIGHEST_UINT16 = 65_535;

    private final InputSpec input;
    private final SampleScale scale;

    /**
     * @throws EncoderException if images must be prepared in a way that is not known here
     */
    Preparation(InputSpec input) {
        if (!input.getInterpolation().equals(FILTER) || !input.getFit().equals(FIT)) {
            throw new EncoderException(
                    "images must be fitted by "
                            + input.getFit()
                            + " and "
                            + input.getInterpolation()
                            + "; this client knows "
                            + FIT
                            + " and "
                            + FILTER
                            + ". A later Kiln trained the encoder: use its client");
        }
        this.input = input;
        this.scale =
                new SampleScale(
                        input.getSampleBits() / Byte.SIZE,
                        SampleRange.ofLimits(input.getValueRange()));
    }

    /** Values of an image: channels · height · width. */
    int values() {
        return input.getChannels() * input.getHeight() * input.getWidth();
    }

    /**
     * Decodes, fits and normalises.
     *
     * @return [images, channels, height, width]
     * @throws UnusableImageException if one cannot be used
     */
    float[] prepare(List<byte[]> images) {
        float[] pixels = new float[Math.multiplyExact(images.size(), values())];
        try (ImageDecoder decoder =
                new ImageDecoder(DecodeLimits.WIDE, input.getChannels(), scale)) {
            for (int i = 0; i < images.size(); i++) {
                Bitmap image = decoded(decoder, images.get(i), i);
                normalise(
                        CentreCrop.fit(image, input.getHeight(), input.getWidth()),
                        pixels,
                        i * values());
            }
        }
        return pixels;
    }

    private static Bitmap decoded(ImageDecoder decoder, byte[] image, int index) {
        try {
            return decoder.decode(image);
        } catch (BadImageException e) {
            throw new UnusableImageException(index, e);
        }
    }

    private void normalise(Bitmap image, float[] pixels, int offset) {
        int channels = image.channels();
        int plane = image.height() * image.width();
        for (int channel = 0; channel < channels; channel++) {
            double mean = input.getMean().get(channel);
            double std = input.getStd().get(channel);
            for (int i = 0; i < plane; i++) {
                double share = share(image, channels * i + channel);
                pixels[offset + channel * plane + i] = (float) ((share - mean) / std);
            }
        }
    }

    /** A sample where 0 is the lowest and 1 the highest. */
    private static double share(Bitmap image, int index) {
        byte[] samples = image.samples();
        return image.sampleBytes() == 1
                ? (samples[index] & 0xff) / HIGHEST_BYTE
                : (samples[2 * index] & 0xff | (samples[2 * index + 1] & 0xff) << 8)
                        / HIGHEST_UINT16;
    }
}
