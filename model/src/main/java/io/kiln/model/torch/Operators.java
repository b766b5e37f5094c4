package io.kiln.model.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Calls the TorchScript operators of the folder operators. They run without autograd: every layer
 * carries its own backward pass. Results belong to the manager this was made for. The operators are
 * loaded once a process; instances are cheap.
 */
public final class Operators {
    private static final List<String> SOURCES =
            List.of(
                    "rows",
                    "norms",
                    "maps",
                    "winograd",
                    "fused",
                    "spread",
                    "masked",
                    "pixels",
                    "optimiser");

    /** Loaded when first used, kept while the process lives. */
    private static final class Loaded {
        static final String METHODS = methods();
        static final MixedPrecision MIXED = MixedPrecision.of(METHODS);
        static final PtSymbolBlock BLOCK = load();

        private Loaded() {}

        private static String methods() {
            return SOURCES.stream().map(Loaded::source).collect(Collectors.joining("\n"));
        }

        private static String source(String name) {
            String file = "operators/" + name + ".py";
            try (InputStream source = Operators.class.getResourceAsStream(file)) {
                if (source == null) {
                    throw new IllegalStateException(file + " is missing beside " + Operators.class);
                }
                return new String(source.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException("the network's operators could not be read", e);
            }
        }

        private static PtSymbolBlock load() {
            NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
            EngineThread.prepare();
            try (InputStream archive = TorchScriptArchive.of(METHODS + MIXED.twins())) {
                return JniUtils.loadModule((PtNDManager) manager, archive, false, false);
            } catch (IOException e) {
                throw new UncheckedIOException("the network's operators could not be loaded", e);
            }
        }
    }

    private final PtNDManager manager;
    private final boolean mixed;
    private final Kernels kernels;

    /** Operators that compute in the number format of what they are given. */
    public Operators(NDManager manager) {
        this(manager, false, Kernels.FAST);
    }

    /**
     * Operators, those that are matrix work in bfloat16 where asked for.
     *
     * @param mixed whether matrix work takes float32, computes in bfloat16 and gives float32
     * @param kernels how convolutions on maps are computed
     */
    public Operators(NDManager manager, boolean mixed, Kernels kernels) {
        this.manager = (PtNDManager) manager;
        this.mixed = mixed;
        this.kernels = kernels;
    }

    /**
     * Whether to compute convolutions on maps by Kiln's own ways rather than by the library's. Not
     * in bfloat16, whose rounding Winograd's transforms would magnify, and not on a GPU, for which
     * the strips are too small.
     */
    public boolean fast() {
        return kernels == Kernels.FAST && !mixed && !manager.getDevice().isGpu();
    }

    /** Whether the encoder computes inactive sites too and drops them. */
    public boolean maskedDense() {
        return kernels == Kernels.MASKED_DENSE;
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
            EngineThread.prepare();
            return IValueUtils.runMethod(
                    Loaded.BLOCK, mixed ? Loaded.MIXED.inPlaceOf(operator) : operator, values);
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
