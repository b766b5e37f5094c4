package io.kiln.verification.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.model.batch.InputGeometry;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.layers.Weights;
import io.kiln.model.network.Architecture;
import io.kiln.model.torch.Precision;
import io.kiln.model.torch.StepListener;
import io.kiln.model.training.CosineSchedule;
import io.kiln.model.training.OptimiserSettings;
import io.kiln.model.training.StepResult;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.TrainerSettings;
import io.kiln.model.weights.NetworkTensors;
import io.kiln.verification.golden.Comparison.Limited;
import io.kiln.verification.masked.Implementation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Some steps of training against the reference: loss, rate, decay and gradient norm of each step,
 * all weights after the last.
 */
final class TrajectoryCheck {
    private static final double EPSILON = 1e-6;

    private TrajectoryCheck() {}

    static List<Comparison> run(
            GoldenCase golden, Precision precision, Implementation implementation)
            throws IOException {
        List<Comparison> comparisons = new ArrayList<>();
        try (Trainer trainer =
                new Trainer(
                        settings(golden, precision, implementation),
                        StepListener.NONE,
                        implementation.convolutions())) {
            Weights weights = trainer.model().weights();
            golden.load("before.", weights);
            List<StepResult> results = train(trainer, golden);
            compare(comparisons, golden, precision, "loss", results, StepResult::loss);
            compare(
                    comparisons,
                    golden,
                    precision,
                    "learningRate",
                    results,
                    StepResult::learningRate);
            compare(
                    comparisons,
                    golden,
                    precision,
                    "weightDecay",
                    results,
                    StepResult::weightDecay);
            compare(
                    comparisons,
                    golden,
                    precision,
                    "gradientNorm",
                    results,
                    StepResult::gradientNorm);
            var arrays = NetworkTensors.arrays(weights);
            double tolerance = golden.tolerance(precision, "after");
            for (String name : golden.below("after.")) {
                var array = arrays.get(name);
                if (array != null) {
                    double[] reference = golden.values("after." + name);
                    comparisons.add(
                            Comparison.of(
                                    "after",
                                    "after." + name,
                                    NetworkTensors.doubles(array),
                                    reference,
                                    tolerance,
                                    Limited.RELATIVE));
                }
            }
        }
        return comparisons;
    }

    private static TrainerSettings settings(
            GoldenCase golden, Precision precision, Implementation implementation) {
        JsonNode o = golden.optimiser();
        Architecture architecture = golden.architecture();
        List<Double> zeros = Collections.nCopies(architecture.channels(), 0.0);
        List<Double> ones = Collections.nCopies(architecture.channels(), 1.0);
        double beta1 = o.path("betas").path(0).asDouble();
        double beta2 = o.path("betas").path(1).asDouble();
        return new TrainerSettings(
                architecture,
                golden.geometry(),
                new Normalisation(zeros, ones),
                new OptimiserSettings(beta1, beta2, EPSILON, o.path("clip").asDouble()),
                new CosineSchedule(
                        o.path("peakLr").asDouble(),
                        o.path("warmupIterations").asLong(),
                        o.path("iterations").asLong(),
                        o.path("weightDecay").asDouble(),
                        o.path("weightDecayEnd").asDouble()),
                precision,
                "cpu",
                implementation.kernels(),
                0);
    }

    private static List<StepResult> train(Trainer trainer, GoldenCase golden) throws IOException {
        InputGeometry geometry = golden.geometry();
        int images = golden.batch();
        double[] inputs = golden.values("inputs");
        double[] actives = golden.values("actives");
        int pixels = images * geometry.channels() * geometry.height() * geometry.width();
        int cells = images * geometry.patches();
        List<StepResult> results = new ArrayList<>();
        for (int t = 0; t < golden.optimiser().path("steps").asInt(); t++) {
            double[] input = Arrays.copyOfRange(inputs, t * pixels, (t + 1) * pixels);
            double[] active = Arrays.copyOfRange(actives, t * cells, (t + 1) * cells);
            results.add(trainer.step(NormalisedBatch.of(geometry, images, input, active)));
        }
        return results;
    }

    private static void compare(
            List<Comparison> comparisons,
            GoldenCase golden,
            Precision precision,
            String name,
            List<StepResult> results,
            ToDoubleFunction<StepResult> value)
            throws IOException {
        double[] values = results.stream().mapToDouble(value).toArray();
        comparisons.add(
                Comparison.of(
                        name,
                        name,
                        values,
                        golden.values(name),
                        golden.tolerance(precision, name),
                        Limited.RELATIVE));
    }
}
