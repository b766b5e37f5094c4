package io.kiln.model;

import ai.djl.ndarray.types.DataType;

/** Number formats a network computes in. */
public enum Precision {
    FP32(DataType.FLOAT32),
    FP64(DataType.FLOAT64);

    private final DataType dataType;

    Precision(DataType dataType) {
        this.dataType = dataType;
    }

    /** The engine's type. */
    public DataType dataType() {
        return dataType;
    }
}
