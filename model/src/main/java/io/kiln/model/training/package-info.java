/** Training: the trainer, its settings and state, optimiser and schedules. See {@code Trainer}. */
@NullMarked
package io.kiln.model.training;

import org.jspecify.annotations.NullMarked;
