package io.kiln.model.network;

import ai.djl.ndarray.NDArray;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Tape;
import io.kiln.model.torch.Operators;

/** How a residual branch joins the rest. */
final class Residual {
    private Residual() {}

    /**
     * Drop-path on a branch (docs/explanation/method.md, section 2): per image, dropped or scaled
     * by 1 / (1 − rate).
     *
     * @param branch [rows, channels]; scaled in place
     */
    static NDArray dropPath(NDArray branch, int block, double rate, Pass pass, Tape tape) {
        if (!pass.drops(rate)) {
            return branch;
        }
        Operators ops = pass.operators();
        NDArray factors = pass.dropFactors(block, rate, branch);
        ops.apply("scale_patches_", branch, factors);
        tape.record(dy -> ops.one("scale_patches", dy, factors), factors);
        return branch;
    }

    /**
     * y = ReLU(branch + shortcut), the end of a ResNet block. Both tapes begin at the block's
     * input.
     *
     * @param branch used up: y takes its place
     * @param shortcutTape empty where the shortcut is the identity
     */
    static NDArray addRelu(
            NDArray branch,
            Tape branchTape,
            NDArray shortcut,
            Tape shortcutTape,
            Pass pass,
            Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("add_relu", branch, shortcut);
        if (!shortcutTape.isEmpty()) {
            // a norm's output, which its backward step does not read
            ops.apply("release", shortcut);
        }
        tape.record(
                dy -> {
                    NDArray dz = ops.one("relu_backward", dy, y);
                    NDArray dx = branchTape.unwind(dz);
                    NDArray throughShortcut = shortcutTape.unwind(dz);
                    ops.apply("add_into", dx, throughShortcut);
                    throughShortcut.close();
                    dz.close();
                    return dx;
                },
                y);
        return y;
    }

    /** y = x + branch, the end of a ConvNeXt block. */
    static NDArray add(NDArray x, NDArray branch, Tape branchTape, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        NDArray y = ops.one("add", x, branch);
        tape.record(
                dy -> {
                    NDArray dx = branchTape.unwind(dy);
                    ops.apply("add_into", dx, dy);
                    return dx;
                },
                y);
        return y;
    }
}
