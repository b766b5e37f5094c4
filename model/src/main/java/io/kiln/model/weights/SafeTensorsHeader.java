package io.kiln.model.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * The JSON header of a safetensors file: metadata and, for each tensor, type, shape and place.
 * Nothing in it is believed before it has been checked against the length of what follows.
 *
 * @param metadata free text by name
 * @param tensors in the order of their places, without gaps or overlaps
 */
record SafeTensorsHeader(Map<String, String> metadata, List<TensorHeader> tensors) {
    /** Longest header that is read, in bytes; the same bound as in the reference implementation. */
    static final int LONGEST = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(
                        StreamReadConstraints.builder()
                                .maxNestingDepth(8)
                                .maxDocumentLength(LONGEST)
                                .build());
    }

    /**
     * @param bytes the header, without its length
     * @throws WeightFileException if it is not such a header, or tensors overlap, leave gaps
     */
    static SafeTensorsHeader parse(byte[] bytes) {
        JsonNode root = json(bytes);
        if (!root.isObject()) {
            throw new WeightFileException("the safetensors header is not a JSON object");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        List<TensorHeader> tensors = new ArrayList<>();
        for (Entry<String, JsonNode> entry : root.properties()) {
            if (entry.getKey().equals(METADATA)) {
                entry.getValue()
                        .properties()
                        .forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
            } else {
                tensors.add(tensor(entry.getKey(), entry.getValue()));
            }
        }
        tensors.sort(
                Comparator.comparingLong(TensorHeader::begin).thenComparingLong(TensorHeader::end));
        requireSeamless(tensors);
        return new SafeTensorsHeader(metadata, tensors);
    }

    private static JsonNode json(byte[] bytes) {
        try {
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return JSON.readTree(text);
        } catch (CharacterCodingException e) {
            throw new WeightFileException("the safetensors header is not UTF-8", e);
        } catch (JsonProcessingException e) {
            throw new WeightFileException(
                    "the safetensors header is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static TensorHeader tensor(String name, JsonNode node) {
        JsonNode offsets = node.path("data_offsets");
        JsonNode shape = node.path("shape");
        if (!node.path("dtype").isTextual()
                || !shape.isArray()
                || !offsets.isArray()
                || offsets.size() != 2) {
            throw new WeightFileException(
                    "tensor " + name + " lacks dtype, shape or its two data_offsets");
        }
        List<Long> sizes = new ArrayList<>();
        shape.forEach(size -> sizes.add(whole(name, size)));
        return new TensorHeader(
                name,
                type(name, node.get("dtype").asText()),
                sizes,
                whole(name, offsets.get(0)),
                whole(name, offsets.get(1)));
    }

    private static TensorType type(String name, String type) {
        try {
            return TensorType.valueOf(type);
        } catch (IllegalArgumentException e) {
            throw new WeightFileException(
                    "tensor "
                            + name
                            + " has the type "
                            + type
                            + "; expected one of "
                            + List.of(TensorType.values()),
                    e);
        }
    }

    private static long whole(String name, JsonNode number) {
        if (!number.isIntegralNumber() || !number.canConvertToLong()) {
            throw new WeightFileException(
                    "tensor " + name + " has " + number + " where a whole number was expected");
        }
        return number.asLong();
    }

    private static void requireSeamless(List<TensorHeader> tensors) {
        long expected = 0;
        for (TensorHeader tensor : tensors) {
            if (tensor.begin() != expected) {
                throw new WeightFileException(
                        "tensor "
                                + tensor.name()
                                + " begins at byte "
                                + tensor.begin()
                                + " of the data; expected "
                                + expected
                                + ", without gap or overlap");
            }
            expected = tensor.end();
        }
    }

    /**
     * Checks that the tensors take as many bytes as there are.
     *
     * @throws WeightFileException if they do not
     */
    SafeTensorsHeader requireData(long bytes) {
        long expected = tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
        if (expected != bytes) {
            throw new WeightFileException(
                    "the tensors take "
                            + expected
                            + " bytes but "
                            + bytes
                            + " follow the header; the file is "
                            + (bytes < expected ? "cut short" : "longer than it says"));
        }
        return this;
    }

    /**
     * The header as bytes, padded with spaces to a multiple of eight, as the reference
     * implementation does.
     */
    byte[] toBytes() {
        Map<String, Object> root = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            root.put(METADATA, metadata);
        }
        for (TensorHeader tensor : tensors) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.type().name());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(tensor.begin(), tensor.end()));
            root.put(tensor.name(), entry);
        }
        try {
            byte[] json = JSON.writeValueAsBytes(root);
            byte[] padded = java.util.Arrays.copyOf(json, (json.length + 7) / 8 * 8);
            java.util.Arrays.fill(padded, json.length, padded.length, (byte) ' ');
            return padded;
        } catch (IOException e) {
            throw new IllegalStateException("a header is always JSON", e);
        }
    }
}
