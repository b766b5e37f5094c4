/** Folders of images as input for an encoder. */
@NullMarked
package io.kiln.operations.encoder;

import org.jspecify.annotations.NullMarked;
