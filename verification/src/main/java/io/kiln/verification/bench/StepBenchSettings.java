package io.kiln.verification.bench;

import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Architecture;
import io.kiln.model.torch.Gemm;
import io.kiln.model.torch.Kernels;
import io.kiln.model.torch.Precision;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.TrainerSettings;
import io.kiln.model.training.WarmupStableDecay;
import io.kiln.verification.masked.Implementation;

/**
 * What is measured.
 *
 * @param architecture of the network
 * @param size side of an image, a multiple of 32
 * @param batch images a step
 * @param maskRatio share of an image's patches that is hidden
 * @param steps that are measured
 * @param warmUp steps before those
 * @param threads that an operator is spread over; 0 leaves it to the engine
 * @param device cpu, gpu or gpu:N
 * @param implementation of the convolutions
 * @param gemm what multiplies matrices
 * @param followsOperators whether each operator is timed too; on a processor alone
 * @param precision number format; masked-dense convolutions know nothing of mixed precision
 */
public record StepBenchSettings(
        Architecture architecture,
        int size,
        int batch,
        double maskRatio,
        int steps,
        int warmUp,
        int threads,
        String device,
        Implementation implementation,
        Gemm gemm,
        boolean followsOperators,
        Precision precision) {
    private static final int MOST = 1_000_000;
    private static final double LEARNING_RATE = 1e-3;
    private static final double WEIGHT_DECAY = 0.04;

    public StepBenchSettings {
        inRange("batch", batch, 1, 65_536);
        inRange("steps", steps, 1, MOST);
        inRange("warm-up", warmUp, 0, MOST);
        inRange("threads", threads, 0, 1024);
        if (precision.mixed() && implementation == Implementation.MASKED_DENSE) {
            throw new IllegalArgumentException(
                    "masked-dense is not allowed in bf16: it computes its convolutions in fp32;"
                            + " expected fp32 or fp64");
        }
        if (followsOperators && !device.equals("cpu")) {
            throw new IllegalArgumentException(
                    "operators are not timed on "
                            + device
                            + ", where they run after their call has returned; expected cpu");
        }
        int patches = geometry(architecture, size).patches();
        int kept = kept(patches, maskRatio);
        if (!(kept >= 1 && kept < patches)) {
            throw new IllegalArgumentException(
                    "mask ratio "
                            + maskRatio
                            + " keeps "
                            + kept
                            + " of "
                            + patches
                            + " patches; expected at least 1 kept and 1 hidden");
        }
    }

    /** How the operators compute. */
    public Kernels kernels() {
        return implementation.kernels().with(gemm);
    }

    /** The network's input. */
    public InputGeometry geometry() {
        return geometry(architecture, size);
    }

    private static InputGeometry geometry(Architecture architecture, int size) {
        return new InputGeometry(size, size, architecture.channels(), InputGeometry.STRIDE);
    }

    /** A trainer of such steps. */
    TrainerSettings trainer() {
        return new TrainerSettings(
                architecture,
                geometry(),
                Normalisation.IMAGENET,
                new OptimiserSettings(0.9, 0.95, 1e-6, 5),
                new WarmupStableDecay(LEARNING_RATE, 0, 0, 0, WEIGHT_DECAY, WEIGHT_DECAY),
                precision,
                device,
                kernels(),
                0);
    }

    /** Patches of an image that are visible. */
    public int kept() {
        return kept(geometry().patches(), maskRatio);
    }

    private static int kept(int patches, double maskRatio) {
        return (int) Math.rint(patches * (1 - maskRatio));
    }

    static void inRange(String name, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(
                    name + " " + value + " is not allowed; expected " + lowest + " to " + highest);
        }
    }
}
