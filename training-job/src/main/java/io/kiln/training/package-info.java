/** The training job: one optimiser step a batch, checkpoint events, exactly once. */
@NullMarked
package io.kiln.training;

import org.jspecify.annotations.NullMarked;
