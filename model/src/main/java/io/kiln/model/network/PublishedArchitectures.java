package io.kiln.model.network;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The networks that SparK was published with, the two smaller ResNets and ConvNeXt V2, by their
 * common names.
 */
public final class PublishedArchitectures {
    private static final double LAYER_SCALE = 1e-6;
    private static final int RESNET_STEM = 64;

    private record Encoder(
            Family family, List<Integer> depths, List<Integer> widths, double dropPath) {
        boolean isOf(Architecture other) {
            return family == other.family()
                    && depths.equals(other.depths())
                    && widths.equals(other.widths());
        }
    }

    private static final Map<String, Encoder> ENCODERS = new TreeMap<>();

    static {
        basic("resnet18", List.of(2, 2, 2, 2));
        basic("resnet34", List.of(3, 4, 6, 3));
        bottleneck("resnet50", List.of(3, 4, 6, 3), 0.05);
        bottleneck("resnet101", List.of(3, 4, 23, 3), 0.08);
        bottleneck("resnet152", List.of(3, 8, 36, 3), 0.10);
        bottleneck("resnet200", List.of(3, 24, 36, 3), 0.15);
        convNext("convnext_tiny", List.of(3, 3, 9, 3), 96, 0.1);
        convNext("convnext_small", List.of(3, 3, 27, 3), 96, 0.2);
        convNext("convnext_base", List.of(3, 3, 27, 3), 128, 0.3);
        convNext("convnext_large", List.of(3, 3, 27, 3), 192, 0.4);
        convNextV2("convnextv2_atto", List.of(2, 2, 6, 2), 40);
        convNextV2("convnextv2_femto", List.of(2, 2, 6, 2), 48);
        convNextV2("convnextv2_pico", List.of(2, 2, 6, 2), 64);
        convNextV2("convnextv2_nano", List.of(2, 2, 8, 2), 80);
        convNextV2("convnextv2_tiny", List.of(3, 3, 9, 3), 96);
        convNextV2("convnextv2_small", List.of(3, 3, 27, 3), 96);
        convNextV2("convnextv2_base", List.of(3, 3, 27, 3), 128);
        convNextV2("convnextv2_large", List.of(3, 3, 27, 3), 192);
    }

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

    /** Name of the published network whose encoder an architecture has, whatever its channels. */
    public static Optional<String> nameOf(Architecture architecture) {
        boolean stem = architecture.family().isConvNext() || architecture.stem() == RESNET_STEM;
        return ENCODERS.entrySet().stream()
                .filter(e -> stem && e.getValue().isOf(architecture))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static void basic(String name, List<Integer> depths) {
        ENCODERS.put(name, new Encoder(Family.RESNET_BASIC, depths, List.of(64, 128, 256, 512), 0));
    }

    private static void bottleneck(String name, List<Integer> depths, double dropPath) {
        List<Integer> widths = List.of(256, 512, 1024, 2048);
        ENCODERS.put(name, new Encoder(Family.RESNET_BOTTLENECK, depths, widths, dropPath));
    }

    private static void convNext(String name, List<Integer> depths, int width, double dropPath) {
        ENCODERS.put(name, new Encoder(Family.CONVNEXT, depths, doubling(width), dropPath));
    }

    /** Its authors pretrain without drop-path. */
    private static void convNextV2(String name, List<Integer> depths, int width) {
        ENCODERS.put(name, new Encoder(Family.CONVNEXT_V2, depths, doubling(width), 0));
    }

    private static List<Integer> doubling(int width) {
        return List.of(width, 2 * width, 4 * width, 8 * width);
    }
}
