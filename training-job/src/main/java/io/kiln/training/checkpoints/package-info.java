/** Files of versions, the events that announce them, and their retention. */
@NullMarked
package io.kiln.training.checkpoints;

import org.jspecify.annotations.NullMarked;
