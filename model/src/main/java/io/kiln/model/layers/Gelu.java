package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import io.kiln.model.torch.Operators;

/** The exact (erf) form of GELU. */
public final class Gelu {
    private Gelu() {}

    /**
     * @param x of any shape
     * @return the same shape
     */
    public static NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("gelu", x);
        tape.record(dy -> ops.one("gelu_backward", dy, x), y);
        return y;
    }
}
