package io.kiln.model.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.model.batch.InputGeometry;
import java.util.List;

/**
 * Everything that fixes the names and shapes of a network's weights.
 *
 * @param family kind of blocks
 * @param depths blocks in each of the four stages
 * @param widths channels of the four stages' outputs, at strides 4, 8, 16, 32
 * @param stem channels of a ResNet's stem; a ConvNeXt's stem has the first width, so there it is
 *     ignored
 * @param layerScale initial layer scale of ConvNeXt; V2 has none, so there it is ignored
 * @param dropPath highest drop-path rate; it rises linearly from 0 over the blocks
 * @param decoderWidth channels of the decoder's first block, a multiple of 32; halved by each of
 *     the five blocks of {@link DecoderKind#UNET}
 * @param channels values a pixel
 * @param decoder what draws the masked patches
 */
public record Architecture(
        Family family,
        List<Integer> depths,
        List<Integer> widths,
        int stem,
        double layerScale,
        double dropPath,
        int decoderWidth,
        int channels,
        DecoderKind decoder) {
    /** Stages of every encoder. */
    public static final int STAGES = 4;

    private static final int EXPANSION = 4;
    private static final String DECODER = "decoder";
    private static final ObjectMapper JSON =
            new ObjectMapper()
                    .enable(
                            DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                            DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    public Architecture {
        depths = four("depths", depths, 200);
        widths = four("widths", widths, 8192);
        inRange("stem", stem, 1, 1024);
        inRange("decoderWidth", decoderWidth, InputGeometry.STRIDE, 4096);
        inRange("channels", channels, 1, 64);
        if (decoderWidth % InputGeometry.STRIDE != 0) {
            throw new IllegalArgumentException(
                    "decoderWidth "
                            + decoderWidth
                            + " is not allowed; expected a multiple of "
                            + InputGeometry.STRIDE);
        }
        if (!(dropPath >= 0 && dropPath < 1)) {
            throw new IllegalArgumentException(
                    "dropPath " + dropPath + " is not allowed; expected 0 to below 1");
        }
        if (!(layerScale >= 0 && layerScale <= 1)) {
            throw new IllegalArgumentException(
                    "layerScale " + layerScale + " is not allowed; expected 0 to 1");
        }
        if (family == Family.RESNET_BOTTLENECK
                && widths.stream().anyMatch(w -> w % EXPANSION != 0)) {
            throw new IllegalArgumentException(
                    "widths "
                            + widths
                            + " are not allowed; those of bottleneck blocks are multiples of "
                            + EXPANSION);
        }
    }

    /** With SparK's decoder. */
    public Architecture(
            Family family,
            List<Integer> depths,
            List<Integer> widths,
            int stem,
            double layerScale,
            double dropPath,
            int decoderWidth,
            int channels) {
        this(
                family,
                depths,
                widths,
                stem,
                layerScale,
                dropPath,
                decoderWidth,
                channels,
                DecoderKind.UNET);
    }

    /** Channels inside the blocks of a stage. */
    public int innerWidth(int stage) {
        return family == Family.RESNET_BOTTLENECK
                ? widths.get(stage) / EXPANSION
                : widths.get(stage);
    }

    /** Blocks in all four stages. */
    public int blocks() {
        return depths.stream().mapToInt(Integer::intValue).sum();
    }

    /** Drop-path rate of a block, counted over all stages: dropPath · block / (blocks − 1). */
    public double dropPathRate(int block) {
        return blocks() == 1 ? 0 : dropPath * block / (blocks() - 1);
    }

    /** The same network with another highest drop-path rate. */
    public Architecture withDropPath(double rate) {
        return new Architecture(
                family, depths, widths, stem, layerScale, rate, decoderWidth, channels, decoder);
    }

    /** The same network with another decoder of the same width. */
    public Architecture withDecoder(DecoderKind kind) {
        return new Architecture(
                family, depths, widths, stem, layerScale, dropPath, decoderWidth, channels, kind);
    }

    /**
     * This architecture as one line of JSON, equal for equal architectures. SparK's decoder is not
     * mentioned: files of the time before there was another are equal to those of today.
     */
    public String toJson() {
        try {
            ObjectNode json = JSON.valueToTree(this);
            if (decoder == DecoderKind.UNET) {
                json.remove(DECODER);
            }
            return JSON.writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an architecture is always JSON", e);
        }
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static Architecture fromJson(String json) {
        try {
            JsonNode tree = JSON.readTree(json);
            if (tree instanceof ObjectNode object && !object.has(DECODER)) {
                object.put(DECODER, DecoderKind.UNET.name());
            }
            return JSON.treeToValue(tree, Architecture.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "not an architecture: " + json + " (" + e.getOriginalMessage() + ")", e);
        }
    }

    private static List<Integer> four(String name, List<Integer> values, int highest) {
        if (values.size() != STAGES) {
            throw new IllegalArgumentException(
                    name + " " + values + " are not allowed; expected four numbers, one a stage");
        }
        values.forEach(v -> inRange(name, v, 1, highest));
        return List.copyOf(values);
    }

    private static void inRange(String name, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(
                    name + " " + value + " is not allowed; expected " + lowest + " to " + highest);
        }
    }
}
