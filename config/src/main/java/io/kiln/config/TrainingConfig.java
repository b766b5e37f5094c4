package io.kiln.config;

import java.io.Serializable;

/** How the network is trained. */
public record TrainingConfig(
        @Key(
                        about =
                                "identity of the training run; a new identity starts from fresh weights",
                        fallback = "run-1")
                String runId,
        @Key(about = "seed of weight initialisation and drop-path", fallback = "42") long seed,
        @Key(about = "device that the network runs on: cpu, gpu or gpu:N", fallback = "cpu")
                String device,
        @Key(
                        about = "number of threads of the engine; 0 uses one per core",
                        fallback = "0",
                        min = 0,
                        max = 1024)
                int threads,
        @Key(
                        about =
                                "number format of the computation; bf16 keeps activations in bfloat16, weights and sums in fp32",
                        fallback = "fp32")
                Precision precision,
        @Key(
                        about =
                                "implementation of the decoder's convolutions: fast (Kiln's own where that is cheaper) or library (the engine's); both are exact",
                        fallback = "fast")
                Kernels kernels,
        @Key(
                        about =
                                "library that multiplies fp32 matrices on a CPU: auto (chosen by the CPU's type), mkl or onednn (for large products only); the two round differently",
                        fallback = "auto")
                Gemm gemm,
        @Key(
                        about =
                                "number of consecutive batches with a loss or gradient that is not finite, after which the job fails; none of them then counts as trained on",
                        fallback = "10",
                        min = 1,
                        max = 1000)
                int maxSkippedInARow,
        @Key(
                        about =
                                "what to do with batches made with a masking.seed or masking.maskRatio other than configured: refuse (the job fails) or take (train on them, and record their settings as those of the run)",
                        fallback = "refuse")
                OtherMasking otherMasking,
        @Key(
                        about =
                                "weights of the published encoder: none (as trained), ema (the exponential moving average of the trained weights) or merge (the mean of the trained weights at several steps)",
                        fallback = "none")
                Average average,
        EmaConfig ema,
        MergeConfig merge,
        AnnealConfig anneal,
        InitConfig init,
        OptimiserConfig optimiser,
        ScheduleConfig schedule,
        RoundConfig round)
        implements Serializable {
    /** Number formats. */
    public enum Precision {
        BF16,
        FP32,
        FP64
    }

    /** What to do with batches that were masked otherwise than configured. */
    public enum OtherMasking {
        /** End the job. */
        REFUSE,
        /** Train on them, and record their settings as those of the run. */
        TAKE
    }

    /** Averages of the weights. */
    public enum Average {
        NONE,
        EMA,
        MERGE
    }

    /** Implementations of convolutions. */
    public enum Kernels {
        FAST,
        LIBRARY
    }

    /** Libraries for products of matrices. */
    public enum Gemm {
        AUTO,
        MKL,
        ONEDNN
    }

    public TrainingConfig {
        Name.require("runId", runId);
        if (!device.matches("cpu|gpu(:\\d{1,3})?")) {
            throw new IllegalArgumentException(
                    "device: \"" + device + "\" is not allowed; expected cpu, gpu or gpu:N");
        }
    }

    /** The same on another device. */
    TrainingConfig withDevice(String other) {
        return new TrainingConfig(
                runId,
                seed,
                other,
                threads,
                precision,
                kernels,
                gemm,
                maxSkippedInARow,
                otherMasking,
                average,
                ema,
                merge,
                anneal,
                init,
                optimiser,
                schedule,
                round);
    }
}
