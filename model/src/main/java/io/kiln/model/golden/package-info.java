/** Holds the network against numbers that the official SparK code computed. */
@NullMarked
package io.kiln.model.golden;

import org.jspecify.annotations.NullMarked;
