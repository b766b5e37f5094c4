package io.kiln.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Supplier;

/**
 * A tensor of a TorchScript module.
 *
 * @param type float32, float64 or int64
 * @param parameter whether it is a parameter rather than a buffer
 * @param values called when the tensor is written; little-endian
 */
record ScriptTensor(Shape shape, DataType type, boolean parameter, Supplier<ByteBuffer> values) {
    ScriptTensor {
        storage(type);
    }

    static ScriptTensor of(NDArray array, Shape shape, boolean parameter) {
        return new ScriptTensor(
                shape, array.getDataType(), parameter, () -> HostMemory.bytes(array));
    }

    /** A scalar int64 buffer. */
    static ScriptTensor of(long value) {
        return new ScriptTensor(
                new Shape(),
                DataType.INT64,
                false,
                () ->
                        ByteBuffer.allocate(Long.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putLong(0, value));
    }

    /** What torch calls a storage of this type. */
    String storage() {
        return storage(type);
    }

    private static String storage(DataType type) {
        return switch (type) {
            case FLOAT32 -> "FloatStorage";
            case FLOAT64 -> "DoubleStorage";
            case INT64 -> "LongStorage";
            default -> throw new IllegalArgumentException("no TorchScript tensors of " + type);
        };
    }

    /** Distances of neighbours along each dimension, row-major. */
    long[] strides() {
        long[] strides = new long[shape.dimension()];
        long stride = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape.get(i);
        }
        return strides;
    }
}
