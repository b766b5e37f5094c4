/** What jobs and verbs share of Kafka and Flink. */
@NullMarked
package io.kiln.kafka;

import org.jspecify.annotations.NullMarked;
