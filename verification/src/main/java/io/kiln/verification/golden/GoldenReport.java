package io.kiln.verification.golden;

import io.kiln.model.torch.Precision;
import java.util.List;

/**
 * What the comparison of a case found.
 *
 * @param name of the case's folder
 * @param precision computed in
 * @param comparisons one a tensor
 */
public record GoldenReport(String name, Precision precision, List<Comparison> comparisons) {
    public GoldenReport {
        comparisons = List.copyOf(comparisons);
        if (comparisons.isEmpty()) {
            throw new IllegalArgumentException("case " + name + " compares nothing");
        }
    }

    /** Whether every tensor is within its tolerance. */
    public boolean passes() {
        return comparisons.stream().allMatch(Comparison::passes);
    }
}
