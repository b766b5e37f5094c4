package io.kiln.model.training;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.kiln.model.batch.NormalisedBatch;
import io.kiln.model.layers.DropPath;
import io.kiln.model.layers.Parameter;
import io.kiln.model.layers.Pass;
import io.kiln.model.torch.Operators;
import io.kiln.model.weights.NetworkTensors;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * LAMB in plain loops (docs/explanation/method.md, section 6), fed with the gradients of a trainer
 * that steps beside it.
 */
final class LambFormula {
    private final Trainer trainer;
    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private final double clip;
    private final double rate;
    private final double decay;
    private final Map<String, double[]> weights = new LinkedHashMap<>();
    private final Map<String, double[]> means = new HashMap<>();
    private final Map<String, double[]> squares = new HashMap<>();
    private int step;

    LambFormula(
            Trainer trainer,
            double beta1,
            double beta2,
            double epsilon,
            double clip,
            double rate,
            double decay) {
        this.trainer = trainer;
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        this.clip = clip;
        this.rate = rate;
        this.decay = decay;
        for (Parameter parameter : trainer.model().weights().parameters()) {
            double[] value = NetworkTensors.doubles(parameter.value());
            weights.put(parameter.name(), value);
            means.put(parameter.name(), new double[value.length]);
            squares.put(parameter.name(), new double[value.length]);
        }
    }

    void stepBoth(NormalisedBatch batch) {
        Map<String, double[]> gradients = GradientsOf.batch(trainer, batch);
        trainer.step(batch);
        step++;
        double norm =
                Math.sqrt(gradients.values().stream().mapToDouble(LambFormula::sumOfSquares).sum());
        for (Parameter parameter : trainer.model().weights().parameters()) {
            update(parameter, gradients.get(parameter.name()), 1 / Math.max(1, norm / clip));
        }
    }

    private void update(Parameter parameter, double[] gradient, double scale) {
        double[] w = weights.get(parameter.name());
        double[] m = means.get(parameter.name());
        double[] v = squares.get(parameter.name());
        double wd = parameter.decays() ? decay : 0;
        double[] change = new double[w.length];
        for (int i = 0; i < w.length; i++) {
            double g = gradient[i] * scale;
            m[i] = beta1 * m[i] + (1 - beta1) * g;
            v[i] = beta2 * v[i] + (1 - beta2) * g * g;
            double denominator = Math.sqrt(v[i]) / Math.sqrt(1 - Math.pow(beta2, step)) + epsilon;
            change[i] = m[i] / (1 - Math.pow(beta1, step)) / denominator + wd * w[i];
        }
        double weightNorm = Math.sqrt(sumOfSquares(w));
        double changeNorm = Math.sqrt(sumOfSquares(change));
        double trust = wd != 0 && weightNorm > 0 && changeNorm > 0 ? weightNorm / changeNorm : 1;
        for (int i = 0; i < w.length; i++) {
            w[i] -= rate * trust * change[i];
        }
    }

    double largestDifference() {
        double largest = 0;
        for (Parameter parameter : trainer.model().weights().parameters()) {
            double[] theirs = NetworkTensors.doubles(parameter.value());
            double[] ours = weights.get(parameter.name());
            for (int i = 0; i < ours.length; i++) {
                largest = Math.max(largest, Math.abs(ours[i] - theirs[i]));
            }
        }
        return largest;
    }

    private static double sumOfSquares(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return sum;
    }

    /** Gradients of a batch, without a step. */
    private static final class GradientsOf {
        private GradientsOf() {}

        static Map<String, double[]> batch(Trainer trainer, NormalisedBatch batch) {
            Map<String, double[]> gradients = new HashMap<>();
            try (NDManager scratch = ai.djl.engine.Engine.getEngine("PyTorch").newBaseManager()) {
                Pass pass = new Pass(new Operators(scratch), batch.grid(), DropPath.OFF);
                trainer.model()
                        .forward(batch.toPatches(scratch, DataType.FLOAT64), pass)
                        .backward();
                trainer.model()
                        .weights()
                        .parameters()
                        .forEach(
                                p -> gradients.put(p.name(), NetworkTensors.doubles(p.gradient())));
            }
            return gradients;
        }
    }
}
