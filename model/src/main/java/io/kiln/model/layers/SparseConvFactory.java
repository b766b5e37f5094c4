package io.kiln.model.layers;

/** Chooses the layer that computes a convolution at active sites only. */
final class SparseConvFactory implements ConvFactory {
    @Override
    public RowConv conv(Weights.Scope scope, ConvSpec spec) {
        if (spec.groups() > 1) {
            return new DepthwiseConv(spec);
        }
        if (spec.kernel() == 1) {
            return new Linear(spec);
        }
        return spec.stride() == spec.kernel()
                ? new PatchifyConv(spec)
                : new SparseConv(spec, scope.winograd());
    }

    @Override
    public RowConv densify(Weights.Scope scope, ConvSpec spec, Parameter token) {
        return spec.kernel() == 1
                ? new DensifyPointwise(spec, token)
                : new DensifyConv(spec, token, scope.winograd());
    }
}
