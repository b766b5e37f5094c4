/** Runs: their names, trainers and versions, and events that change the status of a version. */
@NullMarked
package io.kiln.operations.checkpoints;

import org.jspecify.annotations.NullMarked;
