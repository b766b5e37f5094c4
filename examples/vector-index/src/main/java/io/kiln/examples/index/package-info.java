/** An example: nearest pictures in an index that moves to a new version while it answers. */
@NullMarked
package io.kiln.examples.index;

import org.jspecify.annotations.NullMarked;
