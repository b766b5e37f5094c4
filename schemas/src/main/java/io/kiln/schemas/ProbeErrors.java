package io.kiln.schemas;

/** How far a probe's accuracies can be trusted. */
public final class ProbeErrors {
    private ProbeErrors() {}

    /** Standard error of the linear accuracy, 0 to 1: its spread over the folds by their root. */
    public static double ofLinear(ProbeFigures probe) {
        return probe.getLinearSpread() / Math.sqrt(probe.getFolds());
    }
}
