package io.kiln.images;

import java.io.Serializable;
import java.util.List;

/**
 * What samples become of the values that a file holds.
 *
 * @param sampleBytes of a sample: 1 for uint8, 2 for uint16
 * @param ranges of a file's values that samples stand for: one for all channels, one a channel, or
 *     none for all that a file's samples can have
 */
public record SampleScale(int sampleBytes, List<SampleRange> ranges) implements Serializable {
    /** Bytes: of values of more bits the upper 8. */
    public static final SampleScale BYTES = new SampleScale(1, List.of());

    private static final int BITS = 8;

    public SampleScale {
        if (sampleBytes != 1 && sampleBytes != 2) {
            throw new IllegalArgumentException(
                    "samples of " + sampleBytes + " bytes; expected 1 or 2");
        }
        ranges = List.copyOf(ranges);
    }

    /** Whether values of so many bits are samples already. */
    boolean keeps(int bits) {
        return ranges.isEmpty() && bits == BITS * sampleBytes;
    }

    /** Whether values of so many bits become longer samples. */
    boolean widens(int bits) {
        return bits <= BITS && sampleBytes > 1;
    }

    /**
     * Scales an image; the same object where nothing is to be done.
     *
     * @param bits of the values that the file holds; no more than those of the image's samples
     * @throws BadImageException UNSUPPORTED if the values have no range, are not numbers, or have
     *     another number of channels than the ranges
     */
    Bitmap apply(Bitmap image, int bits) throws BadImageException {
        if (!ranges.isEmpty()) {
            return toRange(image);
        }
        return switch (image.sampleBytes()) {
            case 1 -> sampleBytes == 1 ? image : spread(image, BITS);
            case 2 -> sampleBytes == 1 ? upperByte(image, bits) : spread(image, bits);
            default ->
                    throw new BadImageException(
                            ImageDefect.UNSUPPORTED,
                            "holds signed, floating-point or 32-bit samples, whose range only you"
                                    + " know; set input.valueRange, such as [0, 1] (kiln ingest"
                                    + " --statistics measures it)");
        };
    }

    private static Bitmap upperByte(Bitmap image, int bits) {
        byte[] upper = new byte[image.samples().length / 2];
        for (int i = 0; i < upper.length; i++) {
            upper[i] = (byte) (Bitmap.uint16(image.samples(), 2 * i) >>> (bits - BITS));
        }
        return new Bitmap(image.height(), image.width(), image.channels(), 1, upper);
    }

    /** All values that fewer bits can have, spread over 16; of 16 the values themselves. */
    private static Bitmap spread(Bitmap image, int bits) {
        if (bits == 2 * BITS) {
            return image;
        }
        byte[] source = image.samples();
        byte[] wide = new byte[source.length / image.sampleBytes() * 2];
        int most = (1 << bits) - 1;
        for (int i = 0; i < wide.length / 2; i++) {
            int value = image.sampleBytes() == 1 ? source[i] & 0xFF : Bitmap.uint16(source, 2 * i);
            Bitmap.putUint16(wide, 2 * i, (value * Bitmap.MAX_UINT16 + most / 2) / most);
        }
        return new Bitmap(image.height(), image.width(), image.channels(), 2, wide);
    }

    private Bitmap toRange(Bitmap image) throws BadImageException {
        int channels = image.channels();
        if (ranges.size() > 1 && ranges.size() != channels) {
            throw new BadImageException(
                    ImageDefect.UNSUPPORTED,
                    "has %d channels, but input.valueRange has %d pairs"
                            .formatted(channels, ranges.size()));
        }
        byte[] scaled = new byte[image.samples().length / image.sampleBytes() * sampleBytes];
        for (int channel = 0; channel < channels; channel++) {
            scale(image, channel, ranges.get(ranges.size() > 1 ? channel : 0), scaled);
        }
        return new Bitmap(image.height(), image.width(), channels, sampleBytes, scaled);
    }

    private void scale(Bitmap image, int channel, SampleRange range, byte[] scaled)
            throws BadImageException {
        int most = sampleBytes == 1 ? 0xFF : Bitmap.MAX_UINT16;
        double factor = most / (range.max() - range.min());
        int samples = scaled.length / sampleBytes;
        for (int i = channel; i < samples; i += image.channels()) {
            double value = image.value(i);
            if (!Double.isFinite(value)) {
                throw notFinite(image, i, value);
            }
            double share = Math.max(0, Math.min(most, (value - range.min()) * factor));
            if (sampleBytes == 1) {
                scaled[i] = (byte) (share + 0.5);
            } else {
                Bitmap.putUint16(scaled, 2 * i, (int) (share + 0.5));
            }
        }
    }

    static BadImageException notFinite(Bitmap image, int index, double value) {
        int pixel = index / image.channels();
        return new BadImageException(
                ImageDefect.UNSUPPORTED,
                "holds %s at row %d, column %d, channel %d; expected finite numbers: fill gaps before you send such images"
                        .formatted(
                                value,
                                pixel / image.width(),
                                pixel % image.width(),
                                index % image.channels()));
    }
}
