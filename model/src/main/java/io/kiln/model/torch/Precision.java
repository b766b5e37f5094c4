package io.kiln.model.torch;

import ai.djl.ndarray.types.DataType;

/** Number formats a network computes in. */
public enum Precision {
    /** Weights, sums and the loss in float32, activations and matrix work in bfloat16. */
    BF16(DataType.FLOAT32),
    FP32(DataType.FLOAT32),
    FP64(DataType.FLOAT64);

    private final DataType dataType;

    Precision(DataType dataType) {
        this.dataType = dataType;
    }

    /** The engine's type of weights. */
    public DataType dataType() {
        return dataType;
    }

    /** Whether activations have another format than {@link #dataType}. */
    public boolean mixed() {
        return this == BF16;
    }
}
