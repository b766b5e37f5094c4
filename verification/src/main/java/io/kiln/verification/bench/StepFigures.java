package io.kiln.verification.bench;

import io.kiln.model.torch.Phase;
import java.util.Collection;
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
 * @param gflop of a step: two for each multiply-add of the forward pass, computed directly at the
 *     sites that are not masked, and twice as many of its backward pass
 * @param gemmGflopPerSecond what a large product of matrices reached in the same run, on the wall
 * @param gemmGflopPerCpuSecond the same by CPU time
 * @param threads that an operator was spread over
 * @param loss of the last step
 * @param peakMebibytes largest resident set of the process
 */
public record StepFigures(
        double secondsPerStep,
        double cpuSecondsPerStep,
        double imagesPerSecond,
        Map<Phase, Seconds> phases,
        double gflop,
        double gemmGflopPerSecond,
        double gemmGflopPerCpuSecond,
        int threads,
        double loss,
        long peakMebibytes) {
    public StepFigures {
        phases = Map.copyOf(phases);
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
