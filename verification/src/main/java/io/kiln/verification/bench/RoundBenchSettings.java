package io.kiln.verification.bench;

/**
 * What is measured.
 *
 * @param step network and batches of each trainer; its numbers of steps and threads do not matter
 * @param trainers that share the work, each on a thread of its own
 * @param steps local steps of a round
 * @param rounds that are measured
 */
public record RoundBenchSettings(StepBenchSettings step, int trainers, int steps, int rounds) {
    public RoundBenchSettings {
        StepBenchSettings.inRange("trainers", trainers, 2, 64);
        StepBenchSettings.inRange("steps", steps, 1, 100_000);
        StepBenchSettings.inRange("rounds", rounds, 1, 100_000);
    }
}
