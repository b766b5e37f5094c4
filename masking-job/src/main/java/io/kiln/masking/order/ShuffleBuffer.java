package io.kiln.masking.order;

import io.kiln.masking.records.Position;

/**
 * What is known of the images of a partition that wait to be drawn.
 *
 * @param held how many
 * @param lastArrival when the last one came, in milliseconds of processing time
 * @param timer when the idle timer is due, in milliseconds of processing time; 0 if none is set
 * @param lastPosition record of the last one
 * @param size how many there may be
 * @param plan the plan they were masked by, as text
 */
public record ShuffleBuffer(
        int held, long lastArrival, long timer, Position lastPosition, int size, String plan) {
    ShuffleBuffer withTimer(long due) {
        return new ShuffleBuffer(held, lastArrival, due, lastPosition, size, plan);
    }
}
