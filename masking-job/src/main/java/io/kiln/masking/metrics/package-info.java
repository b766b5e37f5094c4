/** The metrics of the masking job. */
@NullMarked
package io.kiln.masking.metrics;

import org.jspecify.annotations.NullMarked;
