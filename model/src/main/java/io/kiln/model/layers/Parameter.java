package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/** A weight that is learnt, and its gradient while a step runs. */
public final class Parameter {
    private final String name;
    private final NDArray value;
    private @Nullable NDArray gradient;

    Parameter(String name, NDArray value) {
        this.name = name;
        this.value = value;
    }

    /** Name in the official style. */
    public String name() {
        return name;
    }

    /** The weight; changed in place by the optimiser. */
    public NDArray value() {
        return value;
    }

    /** The loss's gradient by this weight, of the step under way. */
    public NDArray gradient() {
        if (gradient == null) {
            throw new IllegalStateException(
                    name + " has no gradient; no backward pass has reached it");
        }
        return gradient;
    }

    /** Sets the gradient, which lives as long as the step that made it. */
    public void gradient(NDArray computed) {
        this.gradient = computed;
    }

    /**
     * Whether weight decay acts on it: not on biases, norms (of any kind), mask tokens and layer
     * scales.
     */
    public boolean decays() {
        boolean vector = value.getShape().dimension() == 1;
        return !vector
                && !name.endsWith(".bias")
                && !name.startsWith("mask_token")
                && !name.endsWith(".gamma")
                && !name.endsWith(".beta");
    }
}
