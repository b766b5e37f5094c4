package io.kiln.encoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A small safetensors file of float32. Nothing in it is believed before it has been checked. */
final class FloatTensors {
    private static final int LONGEST_HEADER = 1 << 16;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final JsonNode header;
    private final ByteBuffer data;

    private FloatTensors(Path file, JsonNode header, ByteBuffer data) {
        this.file = file;
        this.header = header;
        this.data = data;
    }

    /**
     * Reads a file.
     *
     * @param dataBytes of all its tensors
     * @throws EncoderException if it is no such file, or holds more or fewer
     */
    static FloatTensors read(Path file, long dataBytes) throws IOException {
        long most = Long.BYTES + LONGEST_HEADER + dataBytes;
        long length = Files.size(file);
        if (length < Long.BYTES || length > most) {
            throw problem(file, "has " + length + " bytes; expected 8 to " + most, null);
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        long headerBytes = bytes.getLong();
        if (headerBytes != length - Long.BYTES - dataBytes) {
            throw problem(
                    file,
                    "has a header of "
                            + headerBytes
                            + " bytes; expected one that leaves "
                            + dataBytes
                            + " of "
                            + length
                            + " for tensors",
                    null);
        }
        byte[] json = new byte[(int) headerBytes];
        bytes.get(json);
        try {
            JsonNode header = JSON.readTree(json);
            return new FloatTensors(file, header, bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
        } catch (JsonProcessingException e) {
            throw problem(file, "is no safetensors file: " + e.getOriginalMessage(), e);
        }
    }

    /** A text of the metadata; empty if there is none of the name. */
    String metadata(String name) {
        return header.path("__metadata__").path(name).asText();
    }

    /**
     * The values of a tensor.
     *
     * @throws EncoderException if it is not there, has another type or shape, or holds numbers that
     *     are not finite
     */
    float[] values(String name, int... shape) {
        JsonNode tensor = header.path(name);
        int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        JsonNode expected = JSON.valueToTree(shape);
        JsonNode offsets = tensor.path("data_offsets");
        long begin = offsets.path(0).asLong(-1);
        if (!tensor.path("dtype").asText().equals("F32")
                || !tensor.path("shape").equals(expected)
                || begin < 0
                || begin > data.limit() - 4L * count
                || offsets.path(1).asLong() != begin + 4L * count) {
            throw problem("has no tensor " + name + " of float32 " + expected);
        }
        float[] values = new float[count];
        data.slice((int) begin, 4 * count)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw problem("holds " + value + " in " + name + "; expected finite numbers");
            }
        }
        return values;
    }

    EncoderException problem(String found) {
        return problem(file, found, null);
    }

    private static EncoderException problem(Path file, String found, @Nullable Throwable cause) {
        String message = file + " " + found;
        return cause == null ? new EncoderException(message) : new EncoderException(message, cause);
    }
}
