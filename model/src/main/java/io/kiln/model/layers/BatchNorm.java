package io.kiln.model.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kiln.model.torch.Operators;
import java.util.function.UnaryOperator;

/**
 * Batch norm over rows [rows, channels] or maps [images, height, width, channels], with the
 * activation that follows it. On the way back the gradient that comes through an activation is used
 * up, and without an activation the input is, so that nothing but the neighbours may have them.
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
    private final boolean usesUpInput;

    public BatchNorm(Weights.Scope scope, int channels, Activation activation) {
        this(scope, channels, activation, 1, true);
    }

    private BatchNorm(
            Weights.Scope scope,
            int channels,
            Activation activation,
            double firstWeight,
            boolean usesUpInput) {
        this.weight = scope.at("weight").parameter(Initialiser.constant(firstWeight), channels);
        this.bias = scope.at("bias").parameter(Initialiser.constant(0), channels);
        this.statistics = scope.statistics(channels);
        this.activation = activation;
        this.usesUpInput = usesUpInput;
    }

    /**
     * The last norm of a residual branch: its weight begins at 0, so that the block begins as the
     * identity.
     */
    public static BatchNorm lastOfBranch(Weights.Scope scope, int channels) {
        return new BatchNorm(scope, channels, Activation.NONE, 0, true);
    }

    /** A norm, without activation, whose input other layers read too. */
    public static BatchNorm ofShared(Weights.Scope scope, int channels) {
        return new BatchNorm(scope, channels, Activation.NONE, 1, false);
    }

    /**
     * @param values the output
     * @param mean [channels]
     * @param rstd reciprocal of the deviation, [channels]
     */
    private record Output(NDArray values, NDArray mean, NDArray rstd) {}

    @Override
    public NDArray forward(NDArray x, Pass pass, Tape tape) {
        return pass.isInference()
                ? withRunningStatistics(x, pass.operators())
                : withOwnStatistics(x, pass, tape).values;
    }

    @Override
    public NDArray forward(NDArray x, UnaryOperator<NDArray> next, Pass pass, Tape tape) {
        Operators ops = pass.operators();
        if (pass.isInference()) {
            return next.apply(withRunningStatistics(x, ops));
        }
        Output output = withOwnStatistics(x, pass, tape);
        NDArray y = next.apply(output.values);
        tape.recompute(
                output.values,
                pass,
                () ->
                        ops.one(
                                "batch_norm_output",
                                x,
                                weight.value(),
                                bias.value(),
                                output.mean,
                                output.rstd,
                                activation.ordinal(),
                                ops.strip()));
        return y;
    }

    private Output withOwnStatistics(NDArray x, Pass pass, Tape tape) {
        Operators ops = pass.operators();
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
        Output output = new Output(result.get(0), result.get(1), result.get(2));
        tape.record(
                dy -> {
                    NDList d =
                            ops.all(
                                    "batch_norm_backward",
                                    dy,
                                    x,
                                    weight.value(),
                                    bias.value(),
                                    output.mean,
                                    output.rstd,
                                    EPSILON,
                                    activation.ordinal(),
                                    usesUpInput,
                                    ops.strip());
                    weight.gradient(d.get(1));
                    bias.gradient(d.get(2));
                    return d.get(0);
                },
                output.values,
                output.mean,
                output.rstd);
        return output;
    }

    private NDArray withRunningStatistics(NDArray x, Operators ops) {
        if (x.getShape().dimension() > 2 || activation == Activation.RELU6) {
            return onMap(x, ops); // of the decoder
        }
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

    /** The library's norm expects channels in second place. */
    private NDArray onMap(NDArray x, Operators ops) {
        return ops.one(
                "batch_norm_output",
                x,
                weight.value(),
                bias.value(),
                statistics.mean(),
                ops.one("batch_norm_rstd", statistics.variance(), EPSILON),
                activation.ordinal(),
                ops.strip());
    }
}
