package io.kiln.model.torch;

import ai.djl.ndarray.types.DataType;

/** Number formats a network computes in. */
public enum Precision {
    /** Weights and everything else in float32, matrix work in bfloat16, as autocast does it. */
    BF16(DataType.FLOAT32),
    FP32(DataType.FLOAT32),
    FP64(DataType.FLOAT64);

    private final DataType dataType;

    Precision(DataType dataType) {
        this.dataType = dataType;
    }

    /** The engine's type of weights and activations. */
    public DataType dataType() {
        return dataType;
    }

    /** Whether matrix work is done in another format than {@link #dataType}. */
    public boolean mixed() {
        return this == BF16;
    }
}
