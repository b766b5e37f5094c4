package io.kiln.demo;

/**
 * What the feed has sent.
 *
 * @param images number of images
 * @param heldOut number of those that were held out of training
 */
record Sent(long images, long heldOut) {}
