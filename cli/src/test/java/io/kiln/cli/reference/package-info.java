/** Generates the reference pages from the code. */
@NullMarked
package io.kiln.cli.reference;

import org.jspecify.annotations.NullMarked;
