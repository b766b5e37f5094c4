/** A real broker and a real schema registry as child processes, for the demo and for tests. */
@NullMarked
package io.kiln.local;

import org.jspecify.annotations.NullMarked;
