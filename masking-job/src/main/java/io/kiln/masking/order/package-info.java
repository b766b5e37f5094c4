/**
 * Which images of a partition go on, and in which order: duplicates are dropped, neighbours are
 * parted. Both are functions of the partition's images in their order, so that batches stay a
 * function of the data.
 */
@NullMarked
package io.kiln.masking.order;

import org.jspecify.annotations.NullMarked;
