package io.kiln.model.weights;

import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the weights of an encoder are called in a file. */
public enum WeightNames {
    /**
     * As today's timm calls them. ResNet's names are timm's own; ConvNeXt's official names are
     * translated.
     */
    TIMM,
    /**
     * As the network's own authors call them: the same for ResNet, the official names for ConvNeXt.
     */
    OFFICIAL,
    /** As the SparK code calls them, with its prefix. */
    SPARK;

    /** Norm in the head of timm's ConvNeXt, which an encoder does not have. */
    public static final String HEAD_NORM = "head.norm.";

    /** First width from which timm's ConvNeXt V2 has linear layers. */
    private static final int TIMM_WIDTH_OF_LINEAR_LAYERS = 96;

    private static final String SPARK_PREFIX = "sparse_encoder.sp_cnn.";
    private static final Pattern STEM = Pattern.compile("downsample_layers\\.0\\.(\\d)\\.(.+)");
    private static final Pattern DOWNSAMPLE =
            Pattern.compile("downsample_layers\\.(\\d)\\.(\\d)\\.(.+)");
    private static final Pattern BLOCK = Pattern.compile("stages\\.(\\d)\\.(\\d+)\\.(.+)");

    /**
     * Translates a name.
     *
     * @param official name without any prefix, such as layer1.0.conv1.weight or
     *     stages.0.0.dwconv.weight
     */
    public String of(String official, Family family) {
        return switch (this) {
            case OFFICIAL -> official;
            case SPARK -> SPARK_PREFIX + official;
            case TIMM -> family.isConvNext() ? timmConvNext(official) : official;
        };
    }

    /**
     * The shape of a weight in a file. timm keeps the response norms of ConvNeXt V2 as vectors and,
     * in its networks narrower than {@code convnextv2_tiny}, linear layers as 1×1 convolutions.
     *
     * @param official name without any prefix
     * @param shape as the network has it
     */
    public List<Long> shape(String official, Architecture architecture, List<Long> shape) {
        if (this != TIMM || architecture.family() != Family.CONVNEXT_V2) {
            return shape;
        }
        if (official.contains(".grn.")) {
            return shape.subList(shape.size() - 1, shape.size());
        }
        return linearLayersAreConvolutions(architecture) && shape.size() == 2
                ? List.of(shape.get(0), shape.get(1), 1L, 1L)
                : shape;
    }

    /** Whether timm builds a ConvNeXt V2 of this width with convolutions for linear layers. */
    static boolean linearLayersAreConvolutions(Architecture architecture) {
        return architecture.widths().get(0) < TIMM_WIDTH_OF_LINEAR_LAYERS;
    }

    /**
     * The style that an encoder's weights are named in.
     *
     * @return empty if no style's first layer is in the file
     */
    public static Optional<WeightNames> detect(Family family, SafeTensorsFile file) {
        String probe = family.isConvNext() ? "downsample_layers.0.0.weight" : "conv1.weight";
        return Arrays.stream(values())
                .filter(style -> file.tensor(style.of(probe, family)).isPresent())
                .findFirst();
    }

    private static String timmConvNext(String official) {
        Matcher stem = STEM.matcher(official);
        if (stem.matches()) {
            return "stem." + stem.group(1) + "." + stem.group(2);
        }
        Matcher downsample = DOWNSAMPLE.matcher(official);
        if (downsample.matches()) {
            return "stages."
                    + downsample.group(1)
                    + ".downsample."
                    + downsample.group(2)
                    + "."
                    + downsample.group(3);
        }
        Matcher block = BLOCK.matcher(official);
        if (!block.matches()) {
            throw new IllegalArgumentException("not the name of a ConvNeXt's weight: " + official);
        }
        String inBlock =
                block.group(3)
                        .replace("dwconv.", "conv_dw.")
                        .replace("pwconv1.", "mlp.fc1.")
                        .replace("pwconv2.", "mlp.fc2.")
                        .replace("grn.gamma", "mlp.grn.weight")
                        .replace("grn.beta", "mlp.grn.bias");
        return "stages." + block.group(1) + ".blocks." + block.group(2) + "." + inBlock;
    }
}
