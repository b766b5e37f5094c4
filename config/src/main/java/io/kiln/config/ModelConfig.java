package io.kiln.config;

import java.io.Serializable;
import java.util.List;

/** Which network is trained. */
public record ModelConfig(
        @Key(
                        about =
                                "name of the model that services subscribe to; key of its checkpoint events",
                        fallback = "kiln")
                String name,
        @Key(
                        about =
                                "name of a published network, such as resnet50, convnext_tiny or convnextv2_tiny, or custom",
                        fallback = "resnet50")
                String architecture,
        @Key(about = "type of the blocks of a custom network", fallback = "resnet-bottleneck")
                Family family,
        @Key(
                        about = "number of blocks in each of the four stages of a custom network",
                        fallback = "[]",
                        min = 1,
                        max = 200)
                List<Integer> depths,
        @Key(
                        about = "output channels of each of the four stages of a custom network",
                        fallback = "[]",
                        min = 1,
                        max = 8192)
                List<Integer> widths,
        @Key(
                        about = "channels of the stem of a custom ResNet",
                        fallback = "64",
                        min = 1,
                        max = 1024)
                int stem,
        @Key(
                        about =
                                "network that reconstructs the masked patches: unet (SparK's, on all stages) or block (the single block of ConvNeXt V2's FCMAE, on the last stage)",
                        fallback = "unet")
                Decoder decoder,
        @Key(
                        about =
                                "channels of the decoder's first block, a multiple of 32; 0 uses the published width, which is 768 for unet and 512 for block",
                        fallback = "0",
                        min = 0,
                        max = 4096)
                int decoderWidth,
        @Key(
                        about =
                                "drop-path rate of the last block; -1 uses the published rate, which is 0 for a custom network",
                        fallback = "-1",
                        min = -1,
                        max = 0.9)
                double dropPath)
        implements Serializable {
    /** Types of blocks. */
    public enum Family {
        RESNET_BASIC,
        RESNET_BOTTLENECK,
        CONVNEXT,
        CONVNEXT_V2
    }

    /** Decoders. */
    public enum Decoder {
        UNET,
        BLOCK
    }

    /**
     * Value of {@code architecture} for a network that family, depths, widths and stem describe.
     */
    public static final String CUSTOM = "custom";

    public ModelConfig {
        Name.require("name", name);
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
                                    ? "four numbers, one for each stage"
                                    : "an empty list, because model.architecture is "
                                            + architecture
                                            + " and not custom"));
        }
    }
}
