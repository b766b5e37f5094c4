/**
 * A batch as the network takes it: input geometry, which patches are active, index tables, pixels.
 */
@NullMarked
package io.kiln.model.batch;

import org.jspecify.annotations.NullMarked;
