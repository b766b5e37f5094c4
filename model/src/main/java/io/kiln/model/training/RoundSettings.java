package io.kiln.model.training;

/**
 * How several trainers share one training: each takes local steps, then all go on from the same
 * weights, made of what each has changed (local SGD; with {@link Outer#MOMENTUM} DiLoCo,
 * arXiv:2311.08105, algorithm 1).
 *
 * @param trainers number of trainers
 * @param steps local steps of a round
 * @param outer how the mean of the changes is applied
 * @param rate learning rate of the outer step; of no effect with {@link Outer#MEAN}
 * @param momentum of the outer step; of no effect with {@link Outer#MEAN}
 * @param bf16 whether changes are told in bf16; what rounding leaves out is told in the next round
 */
public record RoundSettings(
        int trainers, long steps, Outer outer, double rate, double momentum, boolean bf16) {
    /** Outer steps. */
    public enum Outer {
        /** The next weights are the mean of the trainers' weights. */
        MEAN,
        /** Nesterov momentum over the mean changes of rounds. */
        MOMENTUM
    }

    public RoundSettings {
        if (trainers < 1 || steps < 1) {
            throw new IllegalArgumentException(
                    trainers + " trainers and " + steps + " steps a round; expected 1 at least");
        }
        if (!(rate > 0) || !(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException(
                    "outer rate "
                            + rate
                            + " and momentum "
                            + momentum
                            + " are not allowed; expected a rate above 0 and a momentum of 0 to 1");
        }
    }

    /** The mean of the trainers' weights, each round. */
    public static RoundSettings mean(int trainers, long steps) {
        return new RoundSettings(trainers, steps, Outer.MEAN, 1, 0, false);
    }
}
