package io.kiln.model.weights;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.Encoder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An encoder as files hold it. Names are the official ones, without any prefix.
 *
 * @param architecture of the encoder; its decoder does not matter
 * @param arrays parameters, then running statistics
 * @param counters batches that the norms have seen
 */
public record EncoderTensors(
        Architecture architecture, Map<String, NDArray> arrays, Map<String, Long> counters) {
    private static final String PREFIX = Encoder.PREFIX + ".";

    public EncoderTensors {
        arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
        counters = Collections.unmodifiableMap(new LinkedHashMap<>(counters));
    }

    /** The encoder whose weights these are, or are among. They stay the network's own. */
    public static EncoderTensors of(Architecture architecture, Weights weights) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        NetworkTensors.arrays(weights).forEach((name, array) -> unprefixed(name, array, arrays));
        Map<String, Long> counters = new LinkedHashMap<>();
        NetworkTensors.counters(weights)
                .forEach((name, norm) -> unprefixed(name, norm.batches(), counters));
        return new EncoderTensors(architecture, arrays, counters);
    }

    private static <T> void unprefixed(String name, T value, Map<String, T> into) {
        if (name.startsWith(PREFIX)) {
            into.put(name.substring(PREFIX.length()), value);
        }
    }

    /**
     * One array.
     *
     * @throws IllegalArgumentException if the encoder has none of this name
     */
    public NDArray array(String name) {
        NDArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException("the encoder has no weight " + name);
        }
        return array;
    }

    /** The same encoder with other arrays of these names. */
    public EncoderTensors with(Map<String, NDArray> others) {
        Map<String, NDArray> replaced = new LinkedHashMap<>(arrays);
        others.forEach(replaced::replace);
        return new EncoderTensors(architecture, replaced, counters);
    }
}
