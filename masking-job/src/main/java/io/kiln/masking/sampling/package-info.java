/**
 * From a decoded image to its masked views, and from masked images to a SparseBatch. All of it is a
 * function of the image and of (seed, topic, partition, offset, view). Nothing here knows Flink or
 * Kafka's clients.
 */
@NullMarked
package io.kiln.masking.sampling;

import org.jspecify.annotations.NullMarked;
