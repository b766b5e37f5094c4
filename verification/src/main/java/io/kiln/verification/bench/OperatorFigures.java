package io.kiln.verification.bench;

/**
 * What an operator costs a step.
 *
 * @param operator its name
 * @param calls of it
 * @param seconds on the wall
 * @param gflop two for each multiply-add, as if it were computed directly; 0 of operators that are
 *     not matrix work
 * @param gigabytes of the arrays that it was given and gave
 */
public record OperatorFigures(
        String operator, double calls, double seconds, double gflop, double gigabytes) {
    OperatorFigures plus(OperatorFigures other) {
        return new OperatorFigures(
                operator,
                calls + other.calls,
                seconds + other.seconds,
                gflop + other.gflop,
                gigabytes + other.gigabytes);
    }

    OperatorFigures dividedBy(int steps) {
        return new OperatorFigures(
                operator, calls / steps, seconds / steps, gflop / steps, gigabytes / steps);
    }

    /**
     * Share of what the machine can do at best: of the rate of matrix products or of memory,
     * whichever binds. Above 1 where fewer operations are done than are counted, or where arrays
     * stay in the cache.
     *
     * @param gflopPerSecond of a large matrix product
     * @param gigabytesPerSecond that memory is read and written with
     */
    public double shareOfLimit(double gflopPerSecond, double gigabytesPerSecond) {
        return Math.max(gflop / gflopPerSecond, gigabytes / gigabytesPerSecond) / seconds;
    }
}
