/** How a run fares: readings of Flink and Kafka, and what they say is wrong. */
@NullMarked
package io.kiln.operations.status;

import org.jspecify.annotations.NullMarked;
