package io.kiln.verification.masked;

import io.kiln.model.layers.ConvFactory;
import io.kiln.model.torch.Gemm;
import io.kiln.model.torch.Kernels;

/** How a network computes its convolutions when it is checked or timed. */
public enum Implementation {
    /** The default: see {@link Kernels#FAST}. */
    FAST(Kernels.FAST, ConvFactory.SPARSE),
    /** The same with oneDNN's products: what is the default on some processors. */
    FAST_ONEDNN(Kernels.FAST.with(Gemm.ONEDNN), ConvFactory.SPARSE),
    /** A sparse encoder, everything else by the engine's own operators. */
    LIBRARY(Kernels.LIBRARY, ConvFactory.SPARSE),
    /**
     * As SparK's own code does: the engine's own operators compute every site, then masked sites
     * are dropped. A reference for values and for times.
     */
    MASKED_DENSE(Kernels.LIBRARY, new MaskedDense());

    private final Kernels kernels;
    private final ConvFactory convolutions;

    Implementation(Kernels kernels, ConvFactory convolutions) {
        this.kernels = kernels;
        this.convolutions = convolutions;
    }

    /** For the operators. */
    public Kernels kernels() {
        return kernels;
    }

    /** For the weights. */
    public ConvFactory convolutions() {
        return convolutions;
    }
}
