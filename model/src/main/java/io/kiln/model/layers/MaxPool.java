package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * ResNet's 3×3 max-pool of stride 2 on rows that are not negative; inactive sites take part as 0.
 */
public final class MaxPool {
    private MaxPool() {}

    /**
     * @param x [active · side², channels], not negative
     * @param side sites along a patch's side
     * @return [active · (side / 2)², channels]
     */
    public static NDArray forward(NDArray x, int side, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        int extent = side + 1;
        NDArray index = pass.tables().halo(side, 1, 0);
        NDList result = ops.all("tile_pool", x, index, extent);
        NDArray y = result.get(0);
        NDArray chosen = result.get(1);
        tape.record(
                dy -> ops.one("tile_pool_backward", dy, x, chosen, index, extent, side / 2),
                y,
                chosen);
        return y;
    }
}
