package io.kiln.model.torch;

/** How the operators compute. Both ways are exact, up to the rounding of sums. */
public enum Kernels {
    /** Convolutions on maps by Winograd's, fused or sparse algorithms where those are cheaper. */
    FAST,
    /** Convolutions on maps by the engine's own operators. */
    LIBRARY
}
