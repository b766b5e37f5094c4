package io.kiln.model.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.HostMemory;
import io.kiln.model.torch.Operators;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Moves a network's weights between the engine and files. */
public final class NetworkTensors {
    private static final String BATCHES = ".num_batches_tracked";

    private NetworkTensors() {}

    /** All arrays of a network by their official names: parameters, then running statistics. */
    public static Map<String, NDArray> arrays(Weights weights) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (Parameter parameter : weights.parameters()) {
            arrays.put(parameter.name(), parameter.value());
        }
        for (RunningStatistics statistics : weights.statistics()) {
            arrays.put(statistics.name() + RunningStatistics.MEAN, statistics.mean());
            arrays.put(statistics.name() + RunningStatistics.VARIANCE, statistics.variance());
        }
        return arrays;
    }

    /** The norms' counters of batches by their official names. */
    public static Map<String, RunningStatistics> counters(Weights weights) {
        Map<String, RunningStatistics> counters = new LinkedHashMap<>();
        weights.statistics().forEach(s -> counters.put(s.name() + BATCHES, s));
        return counters;
    }

    /** Adds an array to a file; its values are fetched when they are written. */
    public static void add(SafeTensorsWriter writer, String name, NDArray array) {
        add(writer, name, array, shape(array));
    }

    /**
     * Adds an array to a file under another shape.
     *
     * @param shape of as many values
     */
    static void add(SafeTensorsWriter writer, String name, NDArray array, List<Long> shape) {
        writer.add(name, TensorType.of(array.getDataType()), shape, () -> HostMemory.bytes(array));
    }

    /** Sizes of an array's dimensions. */
    public static List<Long> shape(NDArray array) {
        return Arrays.stream(array.getShape().getShape()).boxed().toList();
    }

    /**
     * Overwrites an array.
     *
     * @param values little-endian, as many as the array has
     */
    public static void set(NDArray array, ByteBuffer values, TensorType type) {
        if (type != TensorType.of(array.getDataType())) {
            set(array, TensorValues.toDoubles(values, type));
            return;
        }
        try (NDManager scratch = array.getManager().newSubManager()) {
            NDArray same = scratch.create(values, array.getShape(), array.getDataType());
            new Operators(scratch).apply("copy_into", array, same);
        }
    }

    /** Overwrites an array. */
    public static void set(NDArray array, double[] values) {
        try (NDManager scratch = array.getManager().newSubManager()) {
            new Operators(scratch)
                    .apply(
                            "copy_into",
                            array,
                            create(scratch, values, array.getShape(), array.getDataType()));
        }
    }

    /** An array of the values, in a number format of the network. */
    public static NDArray create(NDManager manager, double[] values, Shape shape, DataType type) {
        if (type == DataType.FLOAT64) {
            return manager.create(values, shape);
        }
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return manager.create(narrow, shape);
    }

    /** Values of an array. */
    public static double[] doubles(NDArray array) {
        return TensorValues.toDoubles(HostMemory.bytes(array), TensorType.of(array.getDataType()));
    }
}
