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
    private final StepListener listener;

    /** Operators that compute in the number format of their arguments. */
    public Operators(NDManager manager) {
        this(manager, false, Kernels.FAST);
    }

    /**
     * Operators of the network.
     *
     * @param mixed whether activations are bfloat16, and matrix work computes in it
     * @param kernels how convolutions on maps and products are computed
     */
    public Operators(NDManager manager, boolean mixed, Kernels kernels) {
        this(manager, mixed, kernels, StepListener.NONE);
    }

    /** The same, telling a listener of each call if it wants to know. */
    public Operators(NDManager manager, boolean mixed, Kernels kernels, StepListener listener) {
        this(
                manager,
                mixed,
                kernels,
                listener,
                OperatorLibrary.ofNetwork(manager.getDevice().isGpu() ? Gemm.MKL : kernels.gemm()));
    }

    private Operators(
            NDManager manager,
            boolean mixed,
            Kernels kernels,
            StepListener listener,
            OperatorLibrary library) {
        this.manager = (PtNDManager) manager;
        this.mixed = mixed;
        this.kernels = kernels;
        this.listener = listener;
        this.library = library;
    }

    /** The same manager and number formats, with the operators of another library. */
    public Operators of(OperatorLibrary other) {
        return new Operators(manager, mixed, kernels, listener, other);
    }

    /**
     * Whether convolutions on maps use Winograd's, fused and sparse algorithms. Not in bfloat16,
     * whose rounding Winograd's transforms would magnify, and not on a GPU, for which the strips
     * are too small.
     */
    public boolean fast() {
        return tuned() && !mixed;
    }

    /** Whether the processor's faster way is taken where the library has a slow one. */
    public boolean tuned() {
        return kernels.fast() && !manager.getDevice().isGpu();
    }

    /** Whether to compute again what is cheap to compute rather than keep it. */
    public boolean recomputes() {
        return kernels.fast();
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
        long start = System.nanoTime();
        try (IValue result = run(operator, arguments)) {
            NDArray array = result.toTensor(manager);
            told(operator, start, arguments, new NDList(array));
            return array;
        }
    }

    /** Calls an operator with several results. */
    public NDList all(String operator, Object... arguments) {
        long start = System.nanoTime();
        try (IValue result = run(operator, arguments)) {
            NDList arrays = result.toNDList(manager);
            told(operator, start, arguments, arrays);
            return arrays;
        }
    }

    /** Calls an operator for its effect. */
    public void apply(String operator, Object... arguments) {
        long start = System.nanoTime();
        run(operator, arguments).close();
        told(operator, start, arguments, new NDList());
    }

    private void told(String operator, long start, Object[] arguments, NDList results) {
        if (listener.followsOperators()) {
            double seconds = (System.nanoTime() - start) / 1e9;
            listener.computed(OperatorCall.of(operator, seconds, arguments, results));
        }
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
