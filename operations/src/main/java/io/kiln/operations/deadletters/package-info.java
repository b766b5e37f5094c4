/** Reads dead letters and sends them again. */
@NullMarked
package io.kiln.operations.deadletters;

import org.jspecify.annotations.NullMarked;
