/** Test code that all modules share. */
@NullMarked
package io.kiln.test;

import org.jspecify.annotations.NullMarked;
