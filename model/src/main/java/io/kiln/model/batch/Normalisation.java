package io.kiln.model.batch;

import java.util.List;

/**
 * How samples become the network's input: (sample / highest − mean) / std, where the highest is 255
 * of uint8 and 65,535 of uint16.
 *
 * @param mean a value a channel
 * @param std a value a channel, above 0
 */
public record Normalisation(List<Double> mean, List<Double> std) {
    /** Statistics of ImageNet, red, green, blue. */
    public static final Normalisation IMAGENET =
            new Normalisation(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    public Normalisation {
        if (mean.isEmpty() || mean.size() != std.size()) {
            throw new IllegalArgumentException(
                    "mean " + mean + " and std " + std + " must have a value for each channel");
        }
        if (std.stream().anyMatch(s -> !(s > 0))) {
            throw new IllegalArgumentException(
                    "std " + std + " is not allowed; expected values above 0");
        }
        mean = List.copyOf(mean);
        std = List.copyOf(std);
    }

    /** Channels it is for. */
    public int channels() {
        return mean.size();
    }

    /**
     * Normalises an image.
     *
     * @param samples [height, width, channels], little-endian
     * @param sampleBytes of a sample: 1 or 2
     * @param pixels is given [channels, height, width]
     * @param offset where in pixels the image begins
     */
    public void apply(byte[] samples, int sampleBytes, float[] pixels, int offset) {
        int channels = channels();
        int plane = samples.length / sampleBytes / channels;
        for (int channel = 0; channel < channels; channel++) {
            double ofChannel = mean.get(channel);
            double deviation = std.get(channel);
            for (int i = 0; i < plane; i++) {
                int at = channels * i + channel;
                double value = share(samples, at, sampleBytes);
                pixels[offset + channel * plane + i] = (float) ((value - ofChannel) / deviation);
            }
        }
    }

    /** A sample where 0 is the lowest and 1 the highest. */
    private static double share(byte[] samples, int index, int sampleBytes) {
        return sampleBytes == 1
                ? (samples[index] & 0xff) / 255.0
                : (samples[2 * index] & 0xff | (samples[2 * index + 1] & 0xff) << 8) / 65535.0;
    }
}
