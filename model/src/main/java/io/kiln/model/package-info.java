/**
 * The network, its sparse operators, the loss, the optimiser and the weight files. Knows neither
 * Flink nor Kafka.
 */
@NullMarked
package io.kiln.model;

import org.jspecify.annotations.NullMarked;
