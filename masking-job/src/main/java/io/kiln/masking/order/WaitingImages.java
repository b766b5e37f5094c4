package io.kiln.masking.order;

/**
 * What is known of the images that wait for their batch to be full.
 *
 * @param images how many wait
 * @param lastArrival when the last one came, in milliseconds of processing time
 * @param timer when the idle timer is due, in milliseconds of processing time; 0 if none is set
 * @param plan the plan they were masked by, as text
 */
public record WaitingImages(int images, long lastArrival, long timer, String plan) {
    WaitingImages withTimer(long due) {
        return new WaitingImages(images, lastArrival, due, plan);
    }
}
