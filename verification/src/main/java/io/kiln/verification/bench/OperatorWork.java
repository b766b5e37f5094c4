package io.kiln.verification.bench;

import ai.djl.ndarray.types.Shape;
import io.kiln.model.torch.OperatorCall;

/** Counts the multiply-adds of an operator of the network, as if it were computed directly. */
final class OperatorWork {
    private static final int TAPS = 9;

    private OperatorWork() {}

    /** Multiply-adds of a call; 0 of operators that are not matrix work. */
    static double multiplyAdds(OperatorCall call) {
        return switch (call.operator()) {
            case "linear",
                    "linear_bias",
                    "tile_conv",
                    "neighbour_conv",
                    "block_conv",
                    "depthwise_tiles",
                    "conv",
                    "conv_bias" ->
                    sites(call.results().get(0)) * weights(call, 1);
            case "linear_backward",
                    "linear_bias_backward",
                    "tile_conv_backward",
                    "neighbour_conv_backward",
                    "block_conv_backward",
                    "depthwise_tiles_backward",
                    "conv_backward",
                    "conv_bias_backward",
                    "conv_backward_in_groups" ->
                    2 * sites(call, 0) * weights(call, 2);
            case "depthwise_map" -> weights(call, 3) * weights(call, 1);
            case "depthwise_map_backward" -> 2 * weights(call, 3) * weights(call, 2);
            case "up_conv", "up_product", "spread_conv", "spread_linear" ->
                    sites(call, 0) * weights(call, 1);
            case "up_conv_backward",
                    "up_product_backward",
                    "spread_conv_backward",
                    "spread_linear_backward" ->
                    2 * sites(call, 1) * weights(call, 2);
            case "winograd", "winograd_rows" -> sites(call.results().get(0)) * transformed(call, 1);
            case "winograd_backward" -> 2 * sites(call, 0) * transformed(call, 3);
            case "winograd_rows_backward" -> 2 * sites(call, 0) * transformed(call, 2);
            case "fused_up_conv" ->
                    sites(call, 0) * weights(call, 1)
                            + sites(call.results().get(0)) * weights(call, 3);
            case "fused_up_conv_backward" ->
                    2 * (sites(call, 1) * weights(call, 2) + sites(call, 0) * weights(call, 4));
            default -> 0;
        };
    }

    private static double sites(OperatorCall call, int argument) {
        return sites(call.arguments().get(argument));
    }

    /** Of rows or of a map, whose last axis is the channels. */
    private static double sites(Shape shape) {
        return (double) shape.size() / shape.get(shape.dimension() - 1);
    }

    private static double weights(OperatorCall call, int argument) {
        return call.arguments().get(argument).size();
    }

    /** Weights of the 3×3 kernel that was transformed to n² values each. */
    private static double transformed(OperatorCall call, int argument) {
        Shape kernel = call.arguments().get(argument);
        return (double) kernel.size() / kernel.get(0) * TAPS;
    }
}
