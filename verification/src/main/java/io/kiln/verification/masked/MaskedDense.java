package io.kiln.verification.masked;

import io.kiln.model.layers.ConvFactory;
import io.kiln.model.layers.ConvSpec;
import io.kiln.model.layers.DensifyConv;
import io.kiln.model.layers.Linear;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.RowConv;
import io.kiln.model.layers.Weights;

/**
 * Convolutions as SparK's own code computes them: at every site, masked or not. Use them with
 * {@link io.kiln.model.torch.Kernels#LIBRARY}, with which the decoder and the 3×3 densify
 * projections are computed at every site too.
 */
final class MaskedDense implements ConvFactory {
    @Override
    public RowConv conv(Weights.Scope scope, ConvSpec spec) {
        return new MaskedDenseConv(spec);
    }

    @Override
    public RowConv densify(Weights.Scope scope, ConvSpec spec, Parameter token) {
        if (spec.kernel() > 1) {
            return ConvFactory.SPARSE.densify(scope, spec, token);
        }
        Linear projection = new Linear(spec);
        return (x, side, pass, tape) ->
                projection.forward(
                        DensifyConv.spread(x, token, pass.tables().map(side), pass, tape),
                        pass,
                        tape);
    }
}
