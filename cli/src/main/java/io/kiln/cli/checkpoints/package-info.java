/** Versions of a run as the checkpoint events tell of them, and what is said of them by hand. */
@NullMarked
package io.kiln.cli.checkpoints;

import org.jspecify.annotations.NullMarked;
