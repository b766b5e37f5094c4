/** What a frozen encoder's features tell, as plain functions of numbers. */
@NullMarked
package io.kiln.model.features;

import org.jspecify.annotations.NullMarked;
