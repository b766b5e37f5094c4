/** Measures the masking job's work on a picture, without Flink and Kafka. */
@NullMarked
package io.kiln.cli.bench;

import org.jspecify.annotations.NullMarked;
