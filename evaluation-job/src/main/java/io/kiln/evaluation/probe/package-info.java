/** Labelled pictures that each version is probed with. */
@NullMarked
package io.kiln.evaluation.probe;

import org.jspecify.annotations.NullMarked;
