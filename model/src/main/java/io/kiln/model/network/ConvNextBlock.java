package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Gelu;
import io.kiln.model.layers.GlobalResponseNorm;
import io.kiln.model.layers.LayerNorm;
import io.kiln.model.layers.LayerScale;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.RowConv;
import io.kiln.model.layers.Tape;
import io.kiln.model.layers.Weights;
import org.jspecify.annotations.Nullable;

/**
 * A block of ConvNeXt (Liu et al., CVPR 2022) or ConvNeXt V2 (Woo et al., CVPR 2023), on rows:
 *
 * <pre>
 * version 1: x + drop-path(γ · reduce(GELU(expand(LN(depthwise(x))))))
 * version 2: x + drop-path(reduce(GRN(GELU(expand(LN(depthwise(x)))))))
 * </pre>
 */
final class ConvNextBlock {
    private static final int MLP_RATIO = 4;

    private final RowConv depthwise;
    private final LayerNorm norm;
    private final RowConv expand;
    private final @Nullable GlobalResponseNorm responseNorm;
    private final RowConv reduce;
    private final @Nullable LayerScale gamma;
    private final int number;
    private final double dropRate;

    private ConvNextBlock(
            Weights.Scope scope,
            int width,
            @Nullable LayerScale gamma,
            boolean version2,
            int number,
            double dropRate) {
        this.gamma = gamma;
        depthwise = RowConv.depthwise(scope.at("dwconv"), width);
        norm = new LayerNorm(scope.at("norm"), width);
        expand = RowConv.linear(scope.at("pwconv1"), width, MLP_RATIO * width);
        responseNorm = version2 ? new GlobalResponseNorm(scope.at("grn"), MLP_RATIO * width) : null;
        reduce = RowConv.linear(scope.at("pwconv2"), MLP_RATIO * width, width);
        this.number = number;
        this.dropRate = dropRate;
    }

    /**
     * A block of ConvNeXt.
     *
     * @param layerScale first value of γ
     * @param number of the block, for drop-path
     */
    static ConvNextBlock version1(
            Weights.Scope scope, int width, double layerScale, int number, double dropRate) {
        LayerScale gamma = new LayerScale(scope.at("gamma"), width, layerScale);
        return new ConvNextBlock(scope, width, gamma, false, number, dropRate);
    }

    /**
     * A block of ConvNeXt V2.
     *
     * @param number of the block, for drop-path
     */
    static ConvNextBlock version2(Weights.Scope scope, int width, int number, double dropRate) {
        return new ConvNextBlock(scope, width, null, true, number, dropRate);
    }

    /**
     * @param x [active · side², width]
     * @return the same shape
     */
    NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Tape branch = new Tape();
        NDArray y = depthwise.forward(x, side, pass, branch);
        y = norm.forward(y, n -> expand.forward(n, side, pass, branch), pass, branch);
        y = Gelu.forward(y, n -> reduce(n, side, pass, branch), pass, branch);
        if (gamma != null) {
            y = gamma.forward(y, pass, branch);
        }
        y = Residual.dropPath(y, number, dropRate, pass, branch);
        return Residual.add(x, y, branch, pass, tape);
    }

    private NDArray reduce(NDArray x, int side, Pass pass, Tape tape) {
        return responseNorm == null
                ? reduce.forward(x, side, pass, tape)
                : responseNorm.forward(x, n -> reduce.forward(n, side, pass, tape), pass, tape);
    }
}
