/** The training job and its operator. Begin with {@link io.kiln.training.job.TrainingJob}. */
@NullMarked
package io.kiln.training.job;

import org.jspecify.annotations.NullMarked;
