package io.kiln.config;

import java.io.Serializable;

/** How the network is trained. */
public record TrainingConfig(
        @Key(
                        about = "identity of the run; another one starts again from fresh weights",
                        fallback = "run-1")
                String runId,
        @Key(about = "seed of the weights' initialisation and of drop-path", fallback = "42")
                long seed,
        @Key(about = "where the network computes: cpu, gpu or gpu:N", fallback = "cpu")
                String device,
        @Key(
                        about = "threads of the engine; 0 means one a core",
                        fallback = "0",
                        min = 0,
                        max = 1024)
                int threads,
        @Key(
                        about =
                                "number format of the computation; bf16: matrix work in bfloat16, the rest in fp32",
                        fallback = "fp32")
                Precision precision,
        @Key(
                        about =
                                "how convolutions of the decoder are computed: fast (Kiln's ways, where cheaper) or library (the engine's own); exact either way",
                        fallback = "fast")
                Kernels kernels,
        InitConfig init,
        OptimiserConfig optimiser,
        ScheduleConfig schedule)
        implements Serializable {
    /** Number formats. */
    public enum Precision {
        BF16,
        FP32,
        FP64
    }

    /** Ways of computing convolutions. */
    public enum Kernels {
        FAST,
        LIBRARY
    }

    public TrainingConfig {
        if (!runId.matches("[a-zA-Z0-9._-]{1,100}")) {
            throw new IllegalArgumentException(
                    "runId: \""
                            + runId
                            + "\" is not allowed; expected 1 to 100 of letters, digits, '.', '_' and '-'");
        }
        if (!device.matches("cpu|gpu(:\\d{1,3})?")) {
            throw new IllegalArgumentException(
                    "device: \"" + device + "\" is not allowed; expected cpu, gpu or gpu:N");
        }
    }
}
