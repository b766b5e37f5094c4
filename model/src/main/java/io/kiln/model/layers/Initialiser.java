package io.kiln.model.layers;

import io.kiln.model.torch.SeededRandom;

/** Draws the first values of a weight, one after the other. */
@FunctionalInterface
public interface Initialiser {
    /** The next value. */
    double next(SeededRandom random);

    /** Always the same value. */
    static Initialiser constant(double value) {
        return random -> value;
    }

    /** Normal with mean 0. */
    static Initialiser normal(double std) {
        return random -> std * random.nextGaussian();
    }

    /** Normal with mean 0, drawn again beyond ±bound. */
    static Initialiser truncatedNormal(double std, double bound) {
        return random -> {
            double value;
            do {
                value = std * random.nextGaussian();
            } while (Math.abs(value) > bound);
            return value;
        };
    }

    /** Uniform within ±bound. */
    static Initialiser uniform(double bound) {
        return random -> bound * (2 * random.nextDouble() - 1);
    }

    /**
     * Kaiming's normal initialisation for ReLU, by outputs (He et al., ICCV 2015): std = √(2 /
     * fan-out).
     */
    static Initialiser kaimingFanOut(long outputs, long kernel) {
        return normal(Math.sqrt(2.0 / (outputs * kernel * kernel)));
    }
}
