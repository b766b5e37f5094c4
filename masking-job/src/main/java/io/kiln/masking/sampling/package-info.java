/**
 * From a picture to its masked views, and from masked images to a SparseBatch: functions of the
 * picture and of (seed, topic, partition, offset, view), of nothing else. Knows neither Flink nor
 * Kafka's clients.
 */
@NullMarked
package io.kiln.masking.sampling;

import org.jspecify.annotations.NullMarked;
