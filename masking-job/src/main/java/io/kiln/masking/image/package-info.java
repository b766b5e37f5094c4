/**
 * From the bytes of a picture to red, green and blue, under bounds that are checked before anything
 * is allocated; and from there to the network's input size. Knows neither Flink nor Kafka.
 */
@NullMarked
package io.kiln.masking.image;

import org.jspecify.annotations.NullMarked;
