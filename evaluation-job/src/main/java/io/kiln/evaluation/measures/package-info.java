/** Measures of a network on images without labels, as plain functions of numbers. */
@NullMarked
package io.kiln.evaluation.measures;

import org.jspecify.annotations.NullMarked;
