/** Held-out images, as the topic holds them and as a network takes them. */
@NullMarked
package io.kiln.evaluation.images;

import org.jspecify.annotations.NullMarked;
