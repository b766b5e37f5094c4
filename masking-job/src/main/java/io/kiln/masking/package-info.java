/** The masking job: decode, augment, mask, batch. */
@NullMarked
package io.kiln.masking;

import org.jspecify.annotations.NullMarked;
