package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import io.kiln.model.torch.Operators;
import java.util.function.UnaryOperator;

/** The exact (erf) form of GELU. */
public final class Gelu {
    private Gelu() {}

    /**
     * The activation and the one layer that reads its output, which is not kept for the backward
     * pass but made again.
     *
     * @param x of any shape
     * @param next records on the same tape
     * @return what the next layer makes of it
     */
    public static NDArray forward(NDArray x, UnaryOperator<NDArray> next, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray activated = ops.one("gelu", x);
        tape.record(dy -> ops.one("gelu_backward", dy, x), activated);
        NDArray y = next.apply(activated);
        tape.recompute(activated, pass, () -> ops.one("gelu", x));
        return y;
    }
}
