package io.kiln.verification.bench;

import io.kiln.model.torch.Phase;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * What a training step costs. Seconds are medians over the measured steps; CPU seconds are those of
 * all threads of the process, and means of the steps' middle half, since the system counts them in
 * ticks of 10 ms.
 *
 * @param secondsPerStep on the wall
 * @param cpuSecondsPerStep of the processor
 * @param imagesPerSecond on the wall
 * @param phases cost of each phase; on a GPU each waits for the one before it
 * @param operators cost of each operator, where that was measured; the slowest first
 * @param gflop of a step: two for each multiply-add of the forward pass, computed directly at the
 *     sites that are not masked, and twice as many of its backward pass
 * @param gemmGflopPerSecond what a large product of matrices reached in the same run and the
 *     precision of matrix work, on the wall
 * @param gemmGflopPerCpuSecond the same by CPU time
 * @param memoryGigabytesPerSecond what copying a large array read and wrote in the same run
 * @param threads that an operator was spread over
 * @param loss of the last step
 * @param peakMebibytes largest resident set of the process
 */
public record StepFigures(
        double secondsPerStep,
        double cpuSecondsPerStep,
        double imagesPerSecond,
        Map<Phase, Seconds> phases,
        List<OperatorFigures> operators,
        double gflop,
        double gemmGflopPerSecond,
        double gemmGflopPerCpuSecond,
        double memoryGigabytesPerSecond,
        int threads,
        double loss,
        long peakMebibytes) {
    public StepFigures {
        phases = Map.copyOf(phases);
        operators = List.copyOf(operators);
    }

    /**
     * Cost of a phase a step.
     *
     * @param wall seconds on the wall
     * @param cpu seconds of the processor
     */
    public record Seconds(double wall, double cpu) {}

    /** Cost of some phases together. */
    public Seconds of(Collection<Phase> some) {
        double wall = 0;
        double cpu = 0;
        for (Map.Entry<Phase, Seconds> phase : phases.entrySet()) {
            if (some.contains(phase.getKey())) {
                wall += phase.getValue().wall();
                cpu += phase.getValue().cpu();
            }
        }
        return new Seconds(wall, cpu);
    }

    /** Share of an operator's limit, {@link OperatorFigures#shareOfLimit}, on this machine. */
    public double shareOfLimit(OperatorFigures operator) {
        return operator.shareOfLimit(gemmGflopPerSecond, memoryGigabytesPerSecond);
    }

    /** GFLOP a second that the step reached. */
    public double gflopPerSecond() {
        return gflop / secondsPerStep;
    }

    /** Of the rate of a large product of matrices, by time on the wall. */
    public double gemmShare() {
        return gflopPerSecond() / gemmGflopPerSecond;
    }

    /** The same by CPU time; meaningful on one thread, for idle threads of a team wait busily. */
    public double gemmShareOfCpu() {
        return gflop / cpuSecondsPerStep / gemmGflopPerCpuSecond;
    }
}
