package io.kiln.model.network;

import ai.djl.ndarray.NDManager;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Weights;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.torch.Precision;

/**
 * What a network costs, counted from its layers.
 *
 * @param parameters all that is learnt
 * @param encoderParameters of those, the encoder's
 * @param encoderMacs multiply-adds of the encoder's forward pass over a whole image
 * @param densifyMacs multiply-adds of the densify projections for an image
 * @param decoderMacs multiply-adds of the decoder for an image
 * @param activationBytes arrays that a training step keeps for an image until its backward pass, in
 *     fp32
 * @param stateBytes weights, gradients and both moments of the optimiser, in fp32
 */
public record ModelDescription(
        long parameters,
        long encoderParameters,
        long encoderMacs,
        long densifyMacs,
        long decoderMacs,
        long activationBytes,
        long stateBytes) {
    private static final int COPIES_OF_A_WEIGHT = 4;

    /** Counts a network for one image of a size, of whose patches a share is visible. */
    public static ModelDescription of(
            Architecture architecture, InputGeometry geometry, double visibleShare) {
        try (NDManager manager = Libtorch.load().newBaseManager()) {
            Weights weights = new Weights(manager, Precision.FP32.dataType(), 0);
            new SparkModel(architecture, weights);
            long all = weights.parameters().stream().mapToLong(p -> p.value().size()).sum();
            long encoder =
                    weights.parameters().stream()
                            .filter(p -> p.name().startsWith(Encoder.PREFIX))
                            .mapToLong(p -> p.value().size())
                            .sum();
            CostCounter counter = new CostCounter(architecture, geometry, 1 - visibleShare);
            weights.parameters().stream()
                    .filter(ModelDescription::isKernel)
                    .forEach(counter::count);
            return new ModelDescription(
                    all,
                    encoder,
                    counter.encoderMacs(),
                    counter.densifyMacs(),
                    counter.decoderMacs(),
                    counter.activationBytes(visibleShare),
                    COPIES_OF_A_WEIGHT * Float.BYTES * all);
        }
    }

    private static boolean isKernel(Parameter parameter) {
        return parameter.value().getShape().dimension() >= 2
                && !parameter.name().startsWith("mask_token")
                && !parameter.name().contains(".grn.");
    }

    /** Multiply-adds of the encoder where it computes visible sites only. */
    public long sparseEncoderMacs(double visibleShare) {
        return Math.round(encoderMacs * visibleShare);
    }
}
