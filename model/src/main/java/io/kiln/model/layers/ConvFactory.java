package io.kiln.model.layers;

/** Decides how the convolutions that read rows are computed. {@link Weights} hold the factory. */
public interface ConvFactory {
    /** Convolutions that compute active sites only. */
    ConvFactory SPARSE = new SparseConvFactory();

    /**
     * A convolution from rows to rows.
     *
     * @param scope the layer's, for what all layers of a network share
     */
    RowConv conv(Weights.Scope scope, ConvSpec spec);

    /**
     * A convolution from rows to a dense map.
     *
     * @param scope the layer's, for what all layers of a network share
     * @param spec kernel 1 or 3, stride 1, with bias
     * @param token [1, in, 1, 1], the value of masked sites
     */
    RowConv densify(Weights.Scope scope, ConvSpec spec, Parameter token);
}
