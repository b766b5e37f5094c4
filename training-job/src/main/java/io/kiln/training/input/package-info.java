/** Batches as they come from sparse-batches, and the order in which they are trained on. */
@NullMarked
package io.kiln.training.input;

import org.jspecify.annotations.NullMarked;
