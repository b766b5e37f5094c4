/** Images to learn from when there are none. */
@NullMarked
package io.kiln.demo.scenes;

import org.jspecify.annotations.NullMarked;
