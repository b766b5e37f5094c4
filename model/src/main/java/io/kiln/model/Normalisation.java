package io.kiln.model;

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
}
