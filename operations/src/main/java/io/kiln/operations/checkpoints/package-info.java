/** Versions of a run, and events that change their status. */
@NullMarked
package io.kiln.operations.checkpoints;

import org.jspecify.annotations.NullMarked;
