package io.kiln.model.network;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The networks that SparK was published with, and the two smaller ResNets, by their common names.
 */
public final class PublishedArchitectures {
    private static final double LAYER_SCALE = 1e-6;
    private static final int RESNET_STEM = 64;

    private record Encoder(
            Family family, List<Integer> depths, List<Integer> widths, double dropPath) {}

    private static final Map<String, Encoder> ENCODERS =
            new TreeMap<>(
                    Map.of(
                            "resnet18",
                                    new Encoder(
                                            Family.RESNET_BASIC,
                                            List.of(2, 2, 2, 2),
                                            List.of(64, 128, 256, 512),
                                            0),
                            "resnet34",
                                    new Encoder(
                                            Family.RESNET_BASIC,
                                            List.of(3, 4, 6, 3),
                                            List.of(64, 128, 256, 512),
                                            0),
                            "resnet50", bottleneck(List.of(3, 4, 6, 3), 0.05),
                            "resnet101", bottleneck(List.of(3, 4, 23, 3), 0.08),
                            "resnet152", bottleneck(List.of(3, 8, 36, 3), 0.10),
                            "resnet200", bottleneck(List.of(3, 24, 36, 3), 0.15),
                            "convnext_tiny",
                                    new Encoder(
                                            Family.CONVNEXT,
                                            List.of(3, 3, 9, 3),
                                            List.of(96, 192, 384, 768),
                                            0.1),
                            "convnext_small",
                                    new Encoder(
                                            Family.CONVNEXT,
                                            List.of(3, 3, 27, 3),
                                            List.of(96, 192, 384, 768),
                                            0.2),
                            "convnext_base",
                                    new Encoder(
                                            Family.CONVNEXT,
                                            List.of(3, 3, 27, 3),
                                            List.of(128, 256, 512, 1024),
                                            0.3),
                            "convnext_large",
                                    new Encoder(
                                            Family.CONVNEXT,
                                            List.of(3, 3, 27, 3),
                                            List.of(192, 384, 768, 1536),
                                            0.4)));

    private PublishedArchitectures() {}

    /** Names that {@link #named} knows, in alphabetical order. */
    public static List<String> names() {
        return List.copyOf(ENCODERS.keySet());
    }

    /**
     * A published network.
     *
     * @param name one of {@link #names}
     * @param decoderWidth channels of the decoder's first block; published: 768
     * @param channels values a pixel
     * @throws IllegalArgumentException if the name is not known; the message lists the known ones
     */
    public static Architecture named(String name, int decoderWidth, int channels) {
        Encoder encoder = ENCODERS.get(name);
        if (encoder == null) {
            throw new IllegalArgumentException(
                    "unknown architecture \"" + name + "\"; known: " + String.join(", ", names()));
        }
        return new Architecture(
                encoder.family,
                encoder.depths,
                encoder.widths,
                RESNET_STEM,
                LAYER_SCALE,
                encoder.dropPath,
                decoderWidth,
                channels);
    }

    private static Encoder bottleneck(List<Integer> depths, double dropPath) {
        return new Encoder(
                Family.RESNET_BOTTLENECK, depths, List.of(256, 512, 1024, 2048), dropPath);
    }
}
