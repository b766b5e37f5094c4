package io.kiln.model.training;

/**
 * Settings of LAMB (You et al., ICLR 2020) as the SparK code uses it.
 *
 * @param beta1 decay of the gradient's running mean
 * @param beta2 decay of the squared gradient's running mean
 * @param epsilon added to the denominator
 * @param clipNorm largest global gradient norm
 */
public record OptimiserSettings(double beta1, double beta2, double epsilon, double clipNorm) {
    public OptimiserSettings {
        inRange("beta1", beta1, 0, 1);
        inRange("beta2", beta2, 0, 1);
        if (!(epsilon > 0)) {
            throw new IllegalArgumentException(
                    "epsilon " + epsilon + " is not allowed; expected above 0");
        }
        if (!(clipNorm > 0)) {
            throw new IllegalArgumentException(
                    "clipNorm " + clipNorm + " is not allowed; expected above 0");
        }
    }

    private static void inRange(String name, double value, double lowest, double below) {
        if (!(value >= lowest && value < below)) {
            throw new IllegalArgumentException(
                    name
                            + " "
                            + value
                            + " is not allowed; expected "
                            + lowest
                            + " to below "
                            + below);
        }
    }
}
