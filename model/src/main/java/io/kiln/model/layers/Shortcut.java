package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import io.kiln.model.torch.Operators;

/**
 * The projection of a residual block whose input and output differ: 1×1 convolution, strided where
 * the block is, and a norm.
 */
public final class Shortcut {
    private final RowConv convolution;
    private final BatchNorm norm;
    private final int stride;

    /**
     * @param stride 1 or 2
     */
    public Shortcut(Weights.Scope scope, int in, int out, int stride) {
        this.convolution = RowConv.pointwise(scope.at("0"), in, out);
        this.norm = new BatchNorm(scope.at("1"), out, BatchNorm.Activation.NONE);
        this.stride = stride;
    }

    /**
     * @param x [active · side², in]
     * @param side sites along a patch's side
     * @return [active · (side / stride)², out]
     */
    public NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        NDArray y = stride == 1 ? x : everySecondSite(x, side, pass, tape);
        y = convolution.forward(y, side / stride, pass, tape);
        return norm.forward(y, pass, tape);
    }

    private static NDArray everySecondSite(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("every_second_site", x, side);
        tape.record(dy -> ops.one("every_second_site_backward", dy, side), y);
        return y;
    }
}
