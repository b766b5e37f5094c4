package io.kiln.operations.status;

import java.util.List;
import java.util.Optional;

/**
 * The loss of the newest steps, beside that of as many steps before.
 *
 * @param now mean over the newer half
 * @param before mean over the older half
 * @param steps in both halves together
 * @param trend whether the two differ by more than chance
 */
public record Loss(double now, double before, int steps, Trend trend) {
    /** Standard errors by which two means differ that are taken to differ. */
    private static final double ERRORS = 3;

    /** Where the loss goes. */
    public enum Trend {
        FALLING,
        FLAT,
        RISING
    }

    /**
     * Compares the newer half of some losses with the older one.
     *
     * @param losses oldest first, finite
     * @return empty if there are fewer than two
     */
    static Optional<Loss> of(List<Double> losses) {
        if (losses.size() < 2) {
            return Optional.empty();
        }
        int half = losses.size() / 2;
        List<Double> older = losses.subList(losses.size() - 2 * half, losses.size() - half);
        List<Double> newer = losses.subList(losses.size() - half, losses.size());
        double before = mean(older);
        double now = mean(newer);
        double error = Math.sqrt((variance(older, before) + variance(newer, now)) / half);
        Trend trend =
                half < 2 || Math.abs(now - before) <= ERRORS * error
                        ? Trend.FLAT
                        : now < before ? Trend.FALLING : Trend.RISING;
        return Optional.of(new Loss(now, before, 2 * half, trend));
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(v -> v).average().orElseThrow();
    }

    private static double variance(List<Double> values, double mean) {
        return values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum()
                / Math.max(1, values.size() - 1);
    }
}
