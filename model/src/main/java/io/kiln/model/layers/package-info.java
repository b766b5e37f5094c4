/** Layers with their own backward passes, and what they share: weights, tapes, index tables. */
@NullMarked
package io.kiln.model.layers;

import org.jspecify.annotations.NullMarked;
