package io.kiln.model.torch;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the network computes with.
 *
 * @param version of libtorch
 * @param libraries folder its native libraries were loaded from
 * @param flavor build of the native libraries, such as cpu or cu128
 * @param gpus devices the engine sees
 * @param threads that one operator is spread over
 * @param bf16 whether the processor has bfloat16 arithmetic
 */
public record EngineReport(
        String version, String libraries, String flavor, int gpus, int threads, boolean bf16) {
    /**
     * Loads the engine and asks it.
     *
     * @throws EngineMissingException if it cannot be loaded
     */
    public static EngineReport inspect() {
        return of(Libtorch.load());
    }

    private static EngineReport of(Engine engine) {
        String libraries = LibUtils.getLibtorchPath();
        return new EngineReport(
                engine.getVersion(),
                libraries,
                flavor(libraries, System.getenv("PYTORCH_FLAVOR")),
                engine.getGpuCount(),
                JniUtils.getNumThreads(),
                Bf16Support.present());
    }

    /**
     * DJL's cache names its folders version-date-flavor-platform; elsewhere the environment tells.
     */
    static String flavor(String libraries, @Nullable String environment) {
        if (environment != null && !environment.isEmpty()) {
            return environment;
        }
        String folder = libraries.substring(libraries.lastIndexOf('/') + 1);
        return Arrays.stream(folder.split("-"))
                .filter(part -> part.matches("[a-z]+[0-9]*"))
                .findFirst()
                .orElse("unknown");
    }
}
