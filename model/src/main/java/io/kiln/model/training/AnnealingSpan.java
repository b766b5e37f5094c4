package io.kiln.model.training;

/**
 * Where an annealing branch begins, and how long it is.
 *
 * @param from steps of the run that its first weights have taken
 * @param steps of the branch
 */
public record AnnealingSpan(long from, int steps) {
    /** Steps that its last weights have taken, the run's before it included. */
    public long end() {
        return from + steps;
    }

    /**
     * Falls linearly from what the run's first step of the span has, to the rate that schedules end
     * at. If that first rate is the peak, these are the rates of a {@link WarmupStableDecay} that
     * ends here.
     *
     * @param step of the run, counted from 0, within the span
     */
    double learningRate(Schedule schedule, long step) {
        double first = schedule.learningRate(from);
        if (first == 0) {
            return 0;
        }
        double end = Schedule.END * (schedule.peak() / first);
        return first * (end + (1 - end) * (end() - 1 - step) / steps);
    }
}
