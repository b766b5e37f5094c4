package io.kiln.model.weights;

import io.kiln.model.network.Architecture;
import io.kiln.model.network.Family;
import io.kiln.model.network.PublishedArchitectures;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How timm builds an encoder: {@code timm.create_model(name, num_classes=0, **arguments)}. Its
 * weights are then those of an encoder file under {@link WeightNames#TIMM}.
 *
 * @param name of a model in timm
 * @param arguments numbers and lists of numbers, in alphabetical order; empty where the name says
 *     all
 */
public record TimmModel(String name, Map<String, Object> arguments) {
    /** Channels of the stem of every ResNet in timm whose stem is one convolution. */
    public static final int RESNET_STEM = 64;

    private static final int BOTTLENECK_EXPANSION = 4;
    private static final int COLOURS = 3;

    public TimmModel {
        arguments = Collections.unmodifiableMap(new TreeMap<>(arguments));
    }

    /**
     * How timm builds an encoder of an architecture.
     *
     * @return empty if it cannot: its ResNets have a stem of 64 channels
     */
    public static Optional<TimmModel> of(Architecture architecture) {
        Map<String, Object> arguments = new TreeMap<>();
        if (architecture.channels() != COLOURS) {
            arguments.put("in_chans", architecture.channels());
        }
        Optional<String> published = PublishedArchitectures.nameOf(architecture);
        if (published.isPresent()) {
            return Optional.of(new TimmModel(published.get(), arguments));
        }
        boolean convNext = architecture.family().isConvNext();
        if (!convNext && architecture.stem() != RESNET_STEM) {
            return Optional.empty();
        }
        arguments.put(convNext ? "depths" : "layers", architecture.depths());
        arguments.put(convNext ? "dims" : "channels", widths(architecture));
        return Optional.of(new TimmModel(base(architecture), arguments));
    }

    /** The last layer of a network with a classifier. */
    public static String classifier(Architecture architecture) {
        return architecture.family().isConvNext() ? "head.fc" : "fc";
    }

    /** The first layer. */
    public static String firstLayer(Architecture architecture) {
        return architecture.family().isConvNext() ? "stem.0" : "conv1";
    }

    private static List<Integer> widths(Architecture architecture) {
        return architecture.family() == Family.RESNET_BOTTLENECK
                ? architecture.widths().stream().map(w -> w / BOTTLENECK_EXPANSION).toList()
                : architecture.widths();
    }

    /** A model of timm that differs in its arguments alone. */
    private static String base(Architecture architecture) {
        return switch (architecture.family()) {
            case RESNET_BASIC -> "resnet18";
            case RESNET_BOTTLENECK -> "resnet50";
            case CONVNEXT -> "convnext_tiny";
            case CONVNEXT_V2 ->
                    WeightNames.linearLayersAreConvolutions(architecture)
                            ? "convnextv2_atto"
                            : "convnextv2_tiny";
        };
    }
}
