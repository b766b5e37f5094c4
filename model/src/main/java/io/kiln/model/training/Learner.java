package io.kiln.model.training;

import ai.djl.ndarray.NDArray;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.PatchGrid;
import io.kiln.model.batch.TrainingBatch;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.network.ForwardResult;
import io.kiln.model.network.SparkModel;
import io.kiln.model.torch.Operators;
import io.kiln.model.torch.Phase;
import io.kiln.model.torch.StepListener;
import io.kiln.model.weights.NetworkTensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A network that learns: its weights, and the optimiser's moments of them. */
final class Learner {
    private static final String MEAN = "optimiser.mean.";
    private static final String SQUARE = "optimiser.square.";

    private final TrainerSettings settings;
    private final SparkModel model;
    private final Lamb lamb;
    private final PixelInput pixels;

    Learner(TrainerSettings settings, Weights weights, PixelInput pixels) {
        this.settings = settings;
        this.model = new SparkModel(settings.architecture(), weights);
        this.lamb = new Lamb(settings.optimiser(), model.weights().parameters());
        this.pixels = pixels;
    }

    /**
     * What a step did.
     *
     * @param loss of the batch
     * @param gradientNorm global L2 norm before clipping
     */
    record Outcome(double loss, double gradientNorm, double learningRate, double weightDecay) {
        /** Whether the weights have learnt from the batch; if not, nothing has changed. */
        boolean learnt() {
            return Double.isFinite(loss) && Double.isFinite(gradientNorm);
        }

        /** The same for those who look from outside, with the counters after it. */
        StepResult result(long step, long samplesSeen) {
            return new StepResult(
                    step, samplesSeen, loss, learningRate, weightDecay, gradientNorm, !learnt());
        }
    }

    /**
     * Learns from a batch, unless loss or gradient is not finite, or batch norm is not defined.
     *
     * @param taken steps before this one
     */
    Outcome step(
            TrainingBatch batch,
            long taken,
            double learningRate,
            Operators operators,
            StepListener listener) {
        double weightDecay = settings.schedule().weightDecay(taken);
        if (!hasBatchStatistics(settings.architecture(), batch.grid())) {
            return new Outcome(Double.NaN, Double.NaN, learningRate, weightDecay);
        }
        DropPath dropPath = new DropPath(settings.seed(), taken, true);
        Pass pass = new Pass(operators, batch.grid(), dropPath, listener);
        ForwardResult forward = model.forward(pixels.patches(batch, operators), pass);
        forward.backward();
        pass.enter(Phase.OPTIMISER);
        double[] values = lossAndNorm(forward.loss(), operators);
        Outcome outcome = new Outcome(values[0], values[1], learningRate, weightDecay);
        if (outcome.learnt()) {
            lamb.step(operators, taken + 1, learningRate, weightDecay, outcome.gradientNorm());
            pass.adoptStatistics();
        }
        return outcome;
    }

    /** The only place where a step waits for the device. */
    private double[] lossAndNorm(NDArray loss, Operators operators) {
        List<NDArray> gradients =
                model.weights().parameters().stream().map(Parameter::gradient).toList();
        return NetworkTensors.doubles(operators.one("loss_and_norm", loss, gradients));
    }

    /** Batch norm needs two sites at least. */
    static boolean hasBatchStatistics(Architecture network, PatchGrid grid) {
        return !network.family().usesBatchNorm() || grid.sites(InputGeometry.STRIDE) > 1;
    }

    /** Becomes what another one is, but for the running statistics of norms. */
    void copy(Learner other, Operators operators) {
        operators.apply(
                "copy_all",
                List.copyOf(parametersAndMoments().values()),
                List.copyOf(other.parametersAndMoments().values()));
    }

    /** The network. */
    SparkModel model() {
        return model;
    }

    /** Everything that steps change, by its name in a training state. */
    Map<String, NDArray> arrays() {
        Map<String, NDArray> arrays = new LinkedHashMap<>(NetworkTensors.arrays(model.weights()));
        arrays.putAll(moments());
        return arrays;
    }

    /** What the next step depends on: running statistics do not count. */
    Map<String, NDArray> parametersAndMoments() {
        Map<String, NDArray> arrays = new LinkedHashMap<>(parameters());
        arrays.putAll(moments());
        return arrays;
    }

    /** What is learnt, by name. */
    Map<String, NDArray> parameters() {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        model.weights().parameters().forEach(p -> arrays.put(p.name(), p.value()));
        return arrays;
    }

    private Map<String, NDArray> moments() {
        Map<String, NDArray> moments = new LinkedHashMap<>();
        lamb.means().forEach((name, moment) -> moments.put(MEAN + name, moment));
        lamb.squares().forEach((name, moment) -> moments.put(SQUARE + name, moment));
        return moments;
    }
}
