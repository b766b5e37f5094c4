package io.kiln.verification.golden;

/**
 * One tensor against its reference.
 *
 * @param group what kind of tensor it is; tolerances are by group
 * @param tensor its name
 * @param absolute largest absolute difference
 * @param relative that, divided by the reference's largest absolute value
 * @param tolerance largest difference allowed
 * @param limited which difference the tolerance limits
 */
public record Comparison(
        String group,
        String tensor,
        double absolute,
        double relative,
        double tolerance,
        Limited limited) {
    /** What a tolerance limits. */
    public enum Limited {
        ABSOLUTE,
        RELATIVE
    }

    /** Whether the difference is within the tolerance; one that is not a number never is. */
    public boolean passes() {
        return (limited == Limited.ABSOLUTE ? absolute : relative) <= tolerance;
    }

    /**
     * Compares values with a reference.
     *
     * @throws IllegalArgumentException if there are not as many values as in the reference
     */
    public static Comparison of(
            String group,
            String tensor,
            double[] values,
            double[] reference,
            double tolerance,
            Limited limited) {
        if (values.length != reference.length) {
            throw new IllegalArgumentException(
                    tensor
                            + " has "
                            + values.length
                            + " values, its reference "
                            + reference.length);
        }
        double absolute = 0;
        double largest = 0;
        for (int i = 0; i < values.length; i++) {
            double difference = Math.abs(values[i] - reference[i]);
            absolute = Double.isNaN(difference) ? Double.NaN : Math.max(absolute, difference);
            largest = Math.max(largest, Math.abs(reference[i]));
        }
        double relative =
                absolute == 0 ? 0 : largest == 0 ? Double.POSITIVE_INFINITY : absolute / largest;
        return new Comparison(group, tensor, absolute, relative, tolerance, limited);
    }
}
