package io.kiln.training.job;

/**
 * What one of several trainers emits, on its way to the operator that may let it out.
 *
 * @param partition of the batch that a step was taken on; −1 for an event
 * @param offset of that batch
 * @param version that an event announces; 0 for a step or an event that retires one
 * @param message to write
 */
public record TrainerOutput(int partition, long offset, long version, KafkaMessage message) {
    /** A step. */
    static TrainerOutput step(int partition, long offset, KafkaMessage message) {
        return new TrainerOutput(partition, offset, 0, message);
    }

    /** An event. */
    static TrainerOutput event(long version, KafkaMessage message) {
        return new TrainerOutput(-1, -1, version, message);
    }

    boolean isStep() {
        return partition >= 0;
    }
}
