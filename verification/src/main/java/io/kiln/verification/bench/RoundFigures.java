package io.kiln.verification.bench;

/**
 * What rounds of several trainers cost.
 *
 * @param settings what was measured
 * @param secondsOfStep of one trainer alone on one thread, the mean
 * @param parts of a round
 * @param changeBytes size of the file that a trainer writes in each round
 */
public record RoundFigures(
        RoundBenchSettings settings, double secondsOfStep, Parts parts, long changeBytes) {
    /**
     * Seconds of a round, means over trainers and rounds.
     *
     * @param steps local steps
     * @param writing of the change
     * @param waiting for the other trainers
     * @param reading all changes, summing them and the outer step
     */
    public record Parts(double steps, double writing, double waiting, double reading) {
        /** The whole round. */
        public double round() {
            return steps + writing + waiting + reading;
        }

        Parts plus(Parts other) {
            return new Parts(
                    steps + other.steps,
                    writing + other.writing,
                    waiting + other.waiting,
                    reading + other.reading);
        }

        Parts dividedBy(double n) {
            return new Parts(steps / n, writing / n, waiting / n, reading / n);
        }
    }

    /** Images a second of one trainer alone. */
    public double imagesPerSecondAlone() {
        return settings.step().batch() / secondsOfStep;
    }

    /** Images a second of all trainers together, exchange included. */
    public double imagesPerSecond() {
        return (double) settings.trainers()
                * settings.steps()
                * settings.step().batch()
                / parts.round();
    }

    /** How many times the images of one trainer. */
    public double speedUp() {
        return imagesPerSecond() / imagesPerSecondAlone();
    }

    /**
     * Seconds that an exchange would take, from measured parts: writing, reading in proportion to
     * the trainers, and each trainer's own link.
     *
     * @param trainers number of trainers
     * @param gigabits a second of each trainer's link
     */
    public double secondsOfExchange(int trainers, double gigabits) {
        double transferred = (1.0 + trainers) * changeBytes * Byte.SIZE / (gigabits * 1e9);
        return parts.writing() + parts.reading() * trainers / settings.trainers() + transferred;
    }

    /** The fewest local steps with which an exchange takes at most a share of a round's steps. */
    public long stepsFor(int trainers, double gigabits, double share) {
        return (long) Math.ceil(secondsOfExchange(trainers, gigabits) / (share * secondsOfStep));
    }
}
