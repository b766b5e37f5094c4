package io.kiln.model.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
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
 * TorchScript operators, compiled by libtorch into one module. The network's own come from the
 * folder {@code operators}. A library lives as long as the process. Thread-safe.
 */
public final class OperatorLibrary {
    private static final List<String> SOURCES =
            List.of(
                    "rows",
                    "products",
                    "norms",
                    "bf16",
                    "maps",
                    "winograd",
                    "fused",
                    "spread",
                    "pixels",
                    "optimiser",
                    "features");

    private final MixedPrecision mixed;
    private final PtSymbolBlock module;

    private OperatorLibrary(String methods) {
        this.mixed = MixedPrecision.of(methods);
        this.module = compile(methods + mixed.twins());
    }

    /** Compiled on first use. */
    private static final class WithMkl {
        static final OperatorLibrary LIBRARY = new OperatorLibrary(network(Gemm.MKL));

        private WithMkl() {}
    }

    /** Compiled on first use. */
    private static final class WithOnednn {
        static final OperatorLibrary LIBRARY = new OperatorLibrary(network(Gemm.ONEDNN));

        private WithOnednn() {}
    }

    /** The operators of the network. */
    static OperatorLibrary ofNetwork(Gemm gemm) {
        return switch (gemm) {
            case MKL -> WithMkl.LIBRARY;
            case ONEDNN -> WithOnednn.LIBRARY;
        };
    }

    private static String network(Gemm gemm) {
        return SOURCES.stream()
                .map(name -> source(OperatorLibrary.class, "operators/" + name + ".py"))
                .collect(Collectors.joining("\n", gemm.source() + "\n", ""));
    }

    /**
     * The network's operators and further ones, which may call them.
     *
     * @param beside class whose package has the source
     * @param file name of the source; written as operators/rows.py explains
     */
    public static OperatorLibrary withSource(Class<?> beside, String file) {
        return new OperatorLibrary(network(Gemm.MKL) + "\n" + source(beside, file));
    }

    private static String source(Class<?> beside, String file) {
        try (InputStream source = beside.getResourceAsStream(file)) {
            if (source == null) {
                throw new IllegalStateException(file + " is missing beside " + beside);
            }
            return new String(source.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " beside " + beside + " cannot be read", e);
        }
    }

    private static PtSymbolBlock compile(String methods) {
        NDManager manager = Libtorch.load().newBaseManager(Device.cpu());
        EngineThread.prepare();
        try (InputStream archive = TorchScriptArchive.of(methods)) {
            return JniUtils.loadModule((PtNDManager) manager, archive, false, false);
        } catch (IOException e) {
            throw new UncheckedIOException("the operators cannot be loaded", e);
        }
    }

    /**
     * Runs an operator.
     *
     * @param mixedPrecision whether to run the bfloat16 twin of an operator that has one
     */
    IValue run(String operator, boolean mixedPrecision, IValue... arguments) {
        String method = mixedPrecision ? mixed.twinOf(operator) : operator;
        EngineThread.prepare();
        return IValueUtils.runMethod(module, method, arguments);
    }
}
