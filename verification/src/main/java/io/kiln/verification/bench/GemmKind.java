package io.kiln.verification.bench;

/** The products of a training step. */
public enum GemmKind {
    /** Rows by a weight. */
    PRODUCT("product", "onednn_always"),
    /** The gradient of a weight: the transpose of rows by rows. */
    GRADIENT("weight_product", "onednn_gradient"),
    /** Frames of a Winograd transform by those of a kernel. */
    BATCH("batch_product", "onednn_batch"),
    /** The gradient of such a kernel. */
    BATCH_GRADIENT("mkl_batch_gradient", "onednn_batch_gradient");

    private final String mkl;
    private final String onednn;

    GemmKind(String mkl, String onednn) {
        this.mkl = mkl;
        this.onednn = onednn;
    }

    /** Operator that multiplies by MKL. */
    String mkl() {
        return mkl;
    }

    /** Operator that multiplies by oneDNN. */
    String onednn() {
        return onednn;
    }

    /** Whether both factors have rows. */
    boolean isGradient() {
        return this == GRADIENT || this == BATCH_GRADIENT;
    }
}
