/** How much of labelled pictures a frozen encoder's features tell. */
@NullMarked
package io.kiln.operations.probe;

import org.jspecify.annotations.NullMarked;
