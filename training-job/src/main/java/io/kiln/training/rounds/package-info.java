/** Several trainers of one run: what each changes in a round, and what all go on with. */
@NullMarked
package io.kiln.training.rounds;

import org.jspecify.annotations.NullMarked;
