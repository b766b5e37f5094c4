package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import java.util.function.UnaryOperator;

/**
 * The global response norm of ConvNeXt V2 (Woo et al., CVPR 2023, section 4), per image over its
 * active sites (docs/explanation/method.md, section 2): y = x + γ · x · N + β, N = G / (mean over
 * the channels of G + ε), G the root of the sum of x² over the sites of an image.
 */
public final class GlobalResponseNorm {
    private static final double EPSILON = 1e-6;

    private final Parameter gamma;
    private final Parameter beta;

    public GlobalResponseNorm(Weights.Scope scope, int channels) {
        this.gamma = scope.at("gamma").parameter(Initialiser.constant(0), 1, 1, 1, channels);
        this.beta = scope.at("beta").parameter(Initialiser.constant(0), 1, 1, 1, channels);
    }

    /**
     * The norm and the one layer that reads its output, which is not kept for the backward pass but
     * made again.
     *
     * @param x [active · side², channels]
     * @param next records on the same tape; its gradient is used up
     * @return what the next layer makes of the normalised rows
     */
    public NDArray forward(NDArray x, UnaryOperator<NDArray> next, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray images = pass.tables().imagesOfPatches();
        NDArray norms =
                ops.one(
                        "response_norms",
                        x,
                        gamma.value(),
                        images,
                        pass.tables().patchesOfImages(),
                        ops.strip());
        NDArray normed = output(x, norms, images, ops);
        tape.record(dy -> backward(dy, x, norms, pass), normed, norms);
        NDArray y = next.apply(normed);
        tape.recompute(normed, pass, () -> output(x, norms, images, ops));
        return y;
    }

    private NDArray output(NDArray x, NDArray norms, NDArray images, Operators ops) {
        return ops.one(
                "response_norm",
                x,
                gamma.value(),
                beta.value(),
                norms,
                images,
                EPSILON,
                ops.strip());
    }

    private NDArray backward(NDArray dy, NDArray x, NDArray norms, Pass pass) {
        Operators ops = pass.operators();
        NDList d =
                ops.all(
                        "response_norm_backward",
                        dy,
                        x,
                        gamma.value(),
                        norms,
                        pass.tables().imagesOfPatches(),
                        pass.tables().patchesOfImages(),
                        EPSILON,
                        ops.strip());
        gamma.gradient(d.get(1));
        beta.gradient(d.get(2));
        return d.get(0);
    }
}
