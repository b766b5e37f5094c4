/** Benchmarks of the training step and of masking. */
@NullMarked
package io.kiln.verification.bench;

import org.jspecify.annotations.NullMarked;
