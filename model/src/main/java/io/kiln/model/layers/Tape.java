package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import io.kiln.model.torch.Operators;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the backward pass has to do, in the order of the forward pass. Each layer records its
 * backward step together with the arrays it made; they are closed when that step has run, for by
 * then every later layer that used them has run backwards too.
 */
public final class Tape {
    /** Backward step of a layer. */
    @FunctionalInterface
    public interface Backward {
        /**
         * Sets the gradients of the layer's parameters.
         *
         * @param dy the loss's gradient by the layer's output
         * @return the loss's gradient by its input
         */
        NDArray apply(NDArray dy);
    }

    private record Step(Backward backward, List<NDArray> made) {}

    private final Deque<Step> steps = new ArrayDeque<>();

    /**
     * Records a layer.
     *
     * @param backward its backward step
     * @param made arrays that its forward step made and that may go after its backward step: its
     *     output and what it kept
     */
    public void record(Backward backward, NDArray... made) {
        steps.push(new Step(backward, List.of(made)));
    }

    /** Whether nothing was recorded. */
    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /**
     * Where the pass does so, frees an array's memory now and computes it again when the backward
     * pass comes to this point, before the steps of what was recorded earlier; nothing may read it
     * in between.
     *
     * @param array made by a layer, and in its record
     * @param again computes the same values, bit for bit
     */
    void recompute(NDArray array, Pass pass, Supplier<NDArray> again) {
        if (!pass.recomputes()) {
            return;
        }
        Operators ops = pass.operators();
        ops.apply("release", array);
        record(
                dy -> {
                    try (NDArray values = again.get()) {
                        ops.apply("refill", array, values);
                    }
                    return dy;
                });
    }

    /**
     * Runs everything backwards and empties the tape.
     *
     * @param dy the loss's gradient by the last layer's output; left open
     * @return the loss's gradient by the first layer's input; dy itself if the tape is empty
     */
    public NDArray unwind(NDArray dy) {
        NDArray gradient = dy;
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            NDArray next = step.backward.apply(gradient);
            if (gradient != dy && gradient != next) {
                gradient.close();
            }
            gradient = next;
            step.made.forEach(NDArray::close);
        }
        return gradient;
    }
}
