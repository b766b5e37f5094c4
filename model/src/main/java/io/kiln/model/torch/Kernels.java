package io.kiln.model.torch;

/** How convolutions are computed; exact in every way. */
public enum Kernels {
    /** Active sites only; on maps by Winograd's, fused and sparse ways where they are cheaper. */
    FAST,
    /** Active sites only; on maps by the engine's own operators. */
    LIBRARY,
    /**
     * As SparK's own code does: every site, by the engine's own operators, then dropping what is
     * not active. There to be compared with.
     */
    MASKED_DENSE
}
