package io.kiln.model.training;

import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.RunningStatistics;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;

/** Running statistics for a network whose weights are published, and are not those in training. */
final class Calibration {
    private Calibration() {}

    /**
     * Gives the network's batch norms the running statistics of a batch as training masks it.
     *
     * @param trained the weights in training, whose counters it takes over
     * @param recent the batch; if it has a single site at the smallest scale, the statistics are
     *     the trained network's
     * @return the network
     */
    static SparkModel calibrated(
            SparkModel network,
            Weights trained,
            MaskedBatch recent,
            PixelInput pixels,
            Operators operators) {
        Iterator<RunningStatistics> ours = network.weights().statistics().iterator();
        for (RunningStatistics theirs : trained.statistics()) {
            RunningStatistics own = ours.next();
            operators.apply("copy_into", own.mean(), theirs.mean());
            operators.apply("copy_into", own.variance(), theirs.variance());
        }
        if (!trained.statistics().isEmpty()
                && Learner.hasBatchStatistics(network.architecture(), recent.grid())) {
            Pass pass = Pass.calibration(operators, recent.grid(), 1);
            network.encoder()
                    .calibrate(
                            pixels.patches(recent, operators).visiblePixels(recent.grid()), pass);
            pass.adoptStatistics();
        }
        Map<String, RunningStatistics> counters = NetworkTensors.counters(network.weights());
        NetworkTensors.counters(trained)
                .forEach(
                        (name, seen) ->
                                Objects.requireNonNull(counters.get(name), name)
                                        .batches(seen.batches()));
        return network;
    }
}
