package io.kiln.model.weights;

import ai.djl.ndarray.types.DataType;

/** Number formats of safetensors that Kiln reads. */
public enum TensorType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    U8(1);

    private final int bytes;

    TensorType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one number. */
    public int bytes() {
        return bytes;
    }

    /** The format that holds an engine's type. */
    public static TensorType of(DataType type) {
        return switch (type) {
            case FLOAT64 -> F64;
            case FLOAT32 -> F32;
            case INT64 -> I64;
            case INT32 -> I32;
            case UINT8 -> U8;
            default -> throw new IllegalArgumentException("no safetensors format for " + type);
        };
    }
}
