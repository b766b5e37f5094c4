/** Comparison with numbers of the official code. */
@NullMarked
package io.kiln.verification.golden;

import org.jspecify.annotations.NullMarked;
