/**
 * Operators that see one partition of images in its order: drop duplicates, shuffle, assemble
 * batches. What they do is a function of that partition's images alone, an idle flush aside.
 */
@NullMarked
package io.kiln.masking.order;

import org.jspecify.annotations.NullMarked;
