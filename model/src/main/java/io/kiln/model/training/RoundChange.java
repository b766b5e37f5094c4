package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.model.weights.SafeTensorsStream;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorHeader;
import io.kiln.model.weights.TensorType;
import io.kiln.model.weights.TensorValues;
import io.kiln.model.weights.WeightFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a trainer has changed in a round, as others read it. In bf16 it is rounded, and what
 * rounding left out is part of the next change.
 */
final class RoundChange {
    private static final String FORMAT = "kiln-change";

    private final Map<String, NDArray> weights;
    private final Map<String, NDArray> begins;
    private final Map<String, NDArray> leftOut = new LinkedHashMap<>();
    private final boolean rounded;

    /**
     * @param manager owner of what rounding leaves out
     * @param weights in training, by name
     * @param begins what they were when the round began
     * @param rounded whether changes are in bf16
     */
    RoundChange(
            NDManager manager,
            Map<String, NDArray> weights,
            Map<String, NDArray> begins,
            boolean rounded) {
        this.weights = weights;
        this.begins = begins;
        this.rounded = rounded;
        if (rounded) {
            weights.forEach(
                    (name, array) ->
                            leftOut.put(
                                    name, manager.zeros(array.getShape(), array.getDataType())));
        }
    }

    /** What rounding has left out of the changes so far, by name; empty if they are not rounded. */
    Map<String, NDArray> leftOut() {
        return leftOut;
    }

    /** Writes the change: a safetensors stream, one tensor at a time. */
    void write(OutputStream out) throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter();
        weights.forEach(
                (name, array) ->
                        writer.add(
                                name,
                                type(array),
                                NetworkTensors.shape(array),
                                () -> TensorValues.toBytes(values(name), type(array))));
        writer.write(out, Map.of("format", FORMAT));
    }

    private TensorType type(NDArray array) {
        return rounded ? TensorType.BF16 : TensorType.of(array.getDataType());
    }

    /** What a tensor has changed by, with what was left out before. */
    private double[] values(String name) {
        double[] values = NetworkTensors.doubles(of(weights, name));
        double[] before = NetworkTensors.doubles(of(begins, name));
        for (int i = 0; i < values.length; i++) {
            values[i] -= before[i];
        }
        if (rounded) {
            double[] more = NetworkTensors.doubles(of(leftOut, name));
            for (int i = 0; i < values.length; i++) {
                values[i] += more[i];
            }
        }
        return values;
    }

    /** Keeps what rounding leaves out of a tensor, at the end of its round. */
    void keepLeftOut(String name) {
        if (!rounded) {
            return;
        }
        double[] values = values(name);
        for (int i = 0; i < values.length; i++) {
            values[i] -= TensorValues.roundedToBf16(values[i]);
        }
        NetworkTensors.set(of(leftOut, name), values);
    }

    /**
     * Opens what another trainer wrote.
     *
     * @throws WeightFileException if it is no change of this network
     */
    SafeTensorsStream open(InputStream change) throws IOException {
        SafeTensorsStream stream = SafeTensorsStream.open(change);
        List<TensorHeader> found = stream.tensors();
        boolean fits =
                FORMAT.equals(stream.metadata().get("format")) && found.size() == weights.size();
        int i = 0;
        for (Map.Entry<String, NDArray> entry : weights.entrySet()) {
            fits =
                    fits
                            && found.get(i).name().equals(entry.getKey())
                            && found.get(i).shape().equals(NetworkTensors.shape(entry.getValue()))
                            && found.get(i).type() == type(entry.getValue());
            i++;
        }
        if (!fits) {
            throw new WeightFileException(
                    "this is no change of the network in training: expected the file of a round of"
                            + " this run");
        }
        return stream;
    }

    /** The mean of the next tensor of all changes, summed in their order. */
    double[] mean(List<SafeTensorsStream> changes, NDArray like) throws IOException {
        double[] sums = new double[Math.toIntExact(like.getShape().size())];
        for (SafeTensorsStream change : changes) {
            TensorValues.add(sums, change.next(), type(like));
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] /= changes.size();
        }
        return sums;
    }

    /** Opens all. */
    List<SafeTensorsStream> open(List<? extends InputStream> changes) throws IOException {
        List<SafeTensorsStream> streams = new ArrayList<>();
        for (InputStream change : changes) {
            streams.add(open(change));
        }
        return streams;
    }

    private static NDArray of(Map<String, NDArray> arrays, String name) {
        return Objects.requireNonNull(arrays.get(name), name);
    }
}
