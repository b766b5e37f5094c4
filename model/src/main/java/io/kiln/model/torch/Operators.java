package io.kiln.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/**
 * Calls the operators of a library. They run without autograd: every layer carries its own backward
 * pass. Results belong to the manager this was made for. Instances are cheap.
 */
public final class Operators {
    private final PtNDManager manager;
    private final boolean mixed;
    private final Kernels kernels;
    private final OperatorLibrary library;

    /** Operators that compute in the number format of their arguments. */
    public Operators(NDManager manager) {
        this(manager, false, Kernels.FAST);
    }

    /**
     * Operators of the network.
     *
     * @param mixed whether matrix work takes float32, computes in bfloat16 and gives float32
     * @param kernels how convolutions on maps are computed
     */
    public Operators(NDManager manager, boolean mixed, Kernels kernels) {
        this(manager, mixed, kernels, OperatorLibrary.ofNetwork());
    }

    private Operators(NDManager manager, boolean mixed, Kernels kernels, OperatorLibrary library) {
        this.manager = (PtNDManager) manager;
        this.mixed = mixed;
        this.kernels = kernels;
        this.library = library;
    }

    /** The same manager and number formats, with the operators of another library. */
    public Operators of(OperatorLibrary other) {
        return new Operators(manager, mixed, kernels, other);
    }

    /**
     * Whether convolutions on maps use Winograd's, fused and sparse algorithms. Not in bfloat16,
     * whose rounding Winograd's transforms would magnify, and not on a GPU, for which the strips
     * are too small.
     */
    public boolean fast() {
        return kernels == Kernels.FAST && !mixed && !manager.getDevice().isGpu();
    }

    /** Whether to compute again what is cheap to compute rather than keep it. */
    public boolean recomputes() {
        return kernels == Kernels.FAST;
    }

    /**
     * Values of a strip of rows on which several element-wise operations follow each other: half a
     * megabyte in float32, so that it stays in a core's cache; on a GPU everything at once.
     */
    public int strip() {
        return manager.getDevice().isGpu() ? Integer.MAX_VALUE : 1 << 17;
    }

    /** The manager that results belong to. */
    public NDManager manager() {
        return manager;
    }

    /** Calls an operator with one result. */
    public NDArray one(String operator, Object... arguments) {
        try (IValue result = run(operator, arguments)) {
            return result.toTensor(manager);
        }
    }

    /** Calls an operator with several results. */
    public NDList all(String operator, Object... arguments) {
        try (IValue result = run(operator, arguments)) {
            return result.toNDList(manager);
        }
    }

    /** Calls an operator for its effect. */
    public void apply(String operator, Object... arguments) {
        run(operator, arguments).close();
    }

    private IValue run(String operator, Object... arguments) {
        IValue[] values = new IValue[arguments.length];
        try {
            for (int i = 0; i < values.length; i++) {
                values[i] = value(arguments[i]);
            }
            return library.run(operator, mixed, values);
        } finally {
            for (IValue value : values) {
                if (value != null) {
                    value.close();
                }
            }
        }
    }

    private static IValue value(Object argument) {
        if (argument instanceof PtNDArray array) {
            return IValue.from(array);
        }
        if (argument instanceof Integer number) {
            return IValue.from(number.longValue());
        }
        if (argument instanceof Double number) {
            return IValue.from(number);
        }
        if (argument instanceof Boolean bool) {
            return IValue.from(bool);
        }
        if (argument instanceof List<?> list) {
            return IValue.listFrom(
                    list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
        }
        throw new IllegalArgumentException(
                "operators take arrays, lists of arrays, int, double and boolean, not "
                        + argument.getClass());
    }
}
