/** The job: topology, the operator that evaluates, Kafka. */
@NullMarked
package io.kiln.evaluation.job;

import org.jspecify.annotations.NullMarked;
