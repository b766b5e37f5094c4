package io.kiln.model.batch;

import java.util.List;

/**
 * How pixels become the network's input: (pixel / 255 − mean) / std.
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
     * @param samples uint8 [height, width, channels]
     * @param pixels is given [channels, height, width]
     * @param offset where in pixels the image begins
     */
    public void apply(byte[] samples, float[] pixels, int offset) {
        int channels = channels();
        int plane = samples.length / channels;
        for (int channel = 0; channel < channels; channel++) {
            double ofChannel = mean.get(channel);
            double deviation = std.get(channel);
            for (int i = 0; i < plane; i++) {
                double value = (samples[channels * i + channel] & 0xff) / 255.0;
                pixels[offset + channel * plane + i] = (float) ((value - ofChannel) / deviation);
            }
        }
    }
}
