package io.kiln.config;

import java.io.Serializable;
import java.util.List;

/** Which network is trained. */
public record ModelConfig(
        @Key(
                        about = "name that services subscribe to; the key of checkpoint events",
                        fallback = "kiln")
                String name,
        @Key(
                        about = "a published network, such as resnet50 or convnext_tiny, or custom",
                        fallback = "resnet50")
                String architecture,
        @Key(about = "kind of blocks, of a custom network", fallback = "resnet-bottleneck")
                Family family,
        @Key(
                        about = "blocks in each of the four stages, of a custom network",
                        fallback = "[]",
                        min = 1,
                        max = 200)
                List<Integer> depths,
        @Key(
                        about = "channels of each of the four stages' outputs, of a custom network",
                        fallback = "[]",
                        min = 1,
                        max = 8192)
                List<Integer> widths,
        @Key(
                        about = "channels of the stem, of a custom ResNet",
                        fallback = "64",
                        min = 1,
                        max = 1024)
                int stem,
        @Key(
                        about = "channels of the decoder's first block; a multiple of 32",
                        fallback = "768",
                        min = 32,
                        max = 4096)
                int decoderWidth,
        @Key(
                        about =
                                "highest drop-path rate; -1 means the published one, 0 for custom networks",
                        fallback = "-1",
                        min = -1,
                        max = 0.9)
                double dropPath)
        implements Serializable {
    /** Kinds of blocks. */
    public enum Family {
        RESNET_BASIC,
        RESNET_BOTTLENECK,
        CONVNEXT
    }

    /**
     * Value of {@code architecture} that takes family, depths, widths and stem from the
     * configuration.
     */
    public static final String CUSTOM = "custom";

    public ModelConfig {
        if (!name.matches("[a-zA-Z0-9._-]{1,100}")) {
            throw new IllegalArgumentException(
                    "name: \""
                            + name
                            + "\" is not allowed; expected 1 to 100 of letters, digits, '.', '_' and '-'");
        }
        requireFour("depths", depths, architecture);
        requireFour("widths", widths, architecture);
        if (decoderWidth % 32 != 0) {
            throw new IllegalArgumentException(
                    "decoderWidth: " + decoderWidth + " is not allowed; expected a multiple of 32");
        }
        depths = List.copyOf(depths);
        widths = List.copyOf(widths);
    }

    private static void requireFour(String key, List<Integer> values, String architecture) {
        int expected = architecture.equals(CUSTOM) ? 4 : 0;
        if (values.size() != expected) {
            throw new IllegalArgumentException(
                    key
                            + ": "
                            + values
                            + " is not allowed; expected "
                            + (expected == 4
                                    ? "four numbers, one a stage"
                                    : "nothing, since model.architecture is "
                                            + architecture
                                            + " and not custom"));
        }
    }
}
