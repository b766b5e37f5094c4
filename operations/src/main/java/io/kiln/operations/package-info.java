/** What an operator's own program would call too. */
@NullMarked
package io.kiln.operations;

import org.jspecify.annotations.NullMarked;
