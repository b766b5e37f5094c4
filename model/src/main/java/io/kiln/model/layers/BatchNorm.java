package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;

/**
 * Batch norm over rows [rows, channels] or maps [images, height, width, channels], with the
 * activation that follows it. The gradient that comes back through an activation is used up, so
 * that nothing but the next layer may have it.
 */
public final class BatchNorm implements Norm {
    /** What follows the norm; the operators know them by their order. */
    public enum Activation {
        NONE,
        RELU,
        RELU6
    }

    private static final double EPSILON = 1e-5;

    private final Parameter weight;
    private final Parameter bias;
    private final RunningStatistics statistics;
    private final Activation activation;

    public BatchNorm(Weights.Scope scope, int channels, Activation activation) {
        this(scope, channels, activation, 1);
    }

    private BatchNorm(
            Weights.Scope scope, int channels, Activation activation, double firstWeight) {
        this.weight = scope.at("weight").parameter(Initialiser.constant(firstWeight), channels);
        this.bias = scope.at("bias").parameter(Initialiser.constant(0), channels);
        this.statistics = scope.statistics(channels);
        this.activation = activation;
    }

    /**
     * The last norm of a residual branch: its weight begins at 0, so that the block begins as the
     * identity.
     */
    public static BatchNorm lastOfBranch(Weights.Scope scope, int channels) {
        return new BatchNorm(scope, channels, Activation.NONE, 0);
    }

    @Override
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        if (pass.isInference()) {
            return withRunningStatistics(x, ops);
        }
        RunningStatistics.Update running = pass.update(statistics);
        NDList result =
                ops.all(
                        "batch_norm",
                        x,
                        weight.value(),
                        bias.value(),
                        running.mean(),
                        running.variance(),
                        pass.momentum(),
                        EPSILON,
                        activation.ordinal(),
                        ops.strip());
        NDArray y = result.get(0);
        NDArray mean = result.get(1);
        NDArray rstd = result.get(2);
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "batch_norm_backward",
                                    dy,
                                    x,
                                    y,
                                    weight.value(),
                                    mean,
                                    rstd,
                                    EPSILON,
                                    activation.ordinal(),
                                    ops.strip());
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                y,
                mean,
                rstd);
        return y;
    }

    /** Only of norms that the encoder uses: the decoder is never part of inference. */
    private NDArray withRunningStatistics(NDArray x, Operators ops) {
        String operator =
                activation == Activation.RELU
                        ? "batch_norm_inference_relu"
                        : "batch_norm_inference";
        return ops.one(
                operator,
                x,
                weight.value(),
                bias.value(),
                statistics.mean(),
                statistics.variance(),
                EPSILON);
    }
}
