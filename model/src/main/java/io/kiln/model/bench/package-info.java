/** Measures what a training step costs, and what it would cost without sparseness. */
@NullMarked
package io.kiln.model.bench;

import org.jspecify.annotations.NullMarked;
