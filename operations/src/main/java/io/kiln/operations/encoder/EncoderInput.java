package io.kiln.operations.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.images.SampleRange;
import io.kiln.images.SampleScale;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.script.ImageEncoder;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What an encoder takes, as the metadata of its file say.
 *
 * @param geometry size that it was trained on
 * @param scale what samples become of the values that files hold
 * @param normalisation of the samples
 */
public record EncoderInput(InputGeometry geometry, SampleScale scale, Normalisation normalisation) {

    /**
     * Reads the metadata.
     *
     * @param source file of the encoder, for messages
     * @throws OperationException if one is missing or wrong
     */
    public static EncoderInput of(ImageEncoder encoder, Path source) {
        Metadata metadata = new Metadata(source, encoder.metadata());
        InputGeometry geometry =
                new InputGeometry(
                        metadata.integer("height"),
                        metadata.integer("width"),
                        encoder.architecture().channels(),
                        InputGeometry.STRIDE);
        return new EncoderInput(
                geometry,
                metadata.scale(),
                new Normalisation(metadata.numbers("mean"), metadata.numbers("std")));
    }

    private record Metadata(Path source, Map<String, String> texts) {
        /** As in training; the first encoder files have bytes. */
        private SampleScale scale() {
            boolean wide = texts.getOrDefault("sampleType", "uint8").equals("uint16");
            List<Double> limits =
                    texts.containsKey("valueRange") ? numbers("valueRange") : List.of();
            return new SampleScale(wide ? 2 : 1, SampleRange.ofLimits(limits));
        }

        private int integer(String key) {
            String text = text(key);
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw wrong(key, text, "a number", e);
            }
        }

        private List<Double> numbers(String key) {
            String text = text(key);
            try {
                List<Double> numbers = new ArrayList<>();
                for (JsonNode number : Json.MAPPER.readTree(text)) {
                    numbers.add(number.asDouble());
                }
                return numbers;
            } catch (IOException e) {
                throw wrong(key, text, "a list of numbers", e);
            }
        }

        private OperationException wrong(
                String key, String text, String expected, Exception cause) {
            return new OperationException(
                    source + ": metadata " + key + " is " + text + "; expected " + expected, cause);
        }

        private String text(String key) {
            String text = texts.get(key);
            if (text == null) {
                throw new OperationException(
                        source
                                + " has no metadata "
                                + key
                                + ", which says how images are prepared; expected an encoder that a"
                                + " training run wrote");
            }
            return text;
        }
    }
}
