package io.kiln.model.features;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.SafeTensorsWriter;
import io.kiln.model.weights.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * Takes embeddings of a new encoder into the space of an old one: (x − meanTo) · rotation +
 * meanFrom. The rotation is the best one for embeddings of the same images by both (orthogonal
 * Procrustes: Schönemann, Psychometrika 31, 1966). It may reflect.
 *
 * @param meanFrom of the old embeddings, [C]
 * @param rotation orthogonal, [C, C], row-major; multiplies a row from the right
 * @param meanTo of the new embeddings, [C]
 */
@SuppressWarnings("ArrayRecordComponent") // applied, never compared
public record Adapter(double[] meanFrom, double[] rotation, double[] meanTo) {
    /**
     * How much directions that the images say nothing of are pulled to where they are, in units of
     * what the images say of a direction on average. They would be turned at random otherwise.
     */
    private static final double PULL = 1e-9;

    /**
     * Fits an adapter.
     *
     * @param from old embeddings, [images, C]
     * @param to new embeddings of the same images
     */
    public static Adapter fit(double[][] from, double[][] to) {
        double[] meanFrom = mean(from);
        double[] meanTo = mean(to);
        int size = meanFrom.length;
        try (NDManager manager = Libtorch.load().newBaseManager(Device.cpu())) {
            NDArray x = centred(to, meanTo, manager);
            NDArray y = centred(from, meanFrom, manager);
            NDArray products = x.transpose().matMul(y);
            double scale = Math.sqrt(squares(x) * squares(y)) / size;
            NDArray unturned = manager.eye(size).toType(y.getDataType(), false);
            NDArray pulled = products.add(unturned.mul(PULL * scale));
            NDArray rotation = new Operators(manager).one("procrustes", pulled);
            return new Adapter(meanFrom, rotation.toDoubleArray(), meanTo);
        }
    }

    private static double squares(NDArray values) {
        return values.square().sum().getDouble();
    }

    private static NDArray centred(double[][] rows, double[] mean, NDManager manager) {
        double[] values = new double[Math.multiplyExact(rows.length, mean.length)];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < mean.length; j++) {
                values[i * mean.length + j] = rows[i][j] - mean[j];
            }
        }
        return manager.create(values, new Shape(rows.length, mean.length));
    }

    /** The mean of rows of one length. */
    public static double[] mean(double[][] rows) {
        double[] mean = new double[rows[0].length];
        for (double[] row : rows) {
            for (int j = 0; j < mean.length; j++) {
                mean[j] += row[j] / rows.length;
            }
        }
        return mean;
    }

    /** A new embedding in the space of the old ones. */
    public double[] apply(double[] embedding) {
        int size = meanFrom.length;
        double[] adapted = meanFrom.clone();
        for (int i = 0; i < size; i++) {
            double value = embedding[i] - meanTo[i];
            for (int j = 0; j < size; j++) {
                adapted[j] += value * rotation[i * size + j];
            }
        }
        return adapted;
    }

    /**
     * Writes it as safetensors of float32: mean_from [C], rotation [C, C], mean_to [C].
     *
     * @param metadata in their order
     */
    public void write(OutputStream out, Map<String, String> metadata) throws IOException {
        long size = meanFrom.length;
        SafeTensorsWriter writer = new SafeTensorsWriter();
        writer.add("mean_from", TensorType.F32, List.of(size), () -> floats(meanFrom));
        writer.add("rotation", TensorType.F32, List.of(size, size), () -> floats(rotation));
        writer.add("mean_to", TensorType.F32, List.of(size), () -> floats(meanTo));
        writer.write(out, metadata);
    }

    private static ByteBuffer floats(double[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            bytes.putFloat((float) value);
        }
        return bytes.flip();
    }
}
