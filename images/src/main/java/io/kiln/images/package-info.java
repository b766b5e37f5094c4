/** From encoded bytes to pixels, in plain Java. Begin with {@link io.kiln.images.ImageDecoder}. */
@NullMarked
package io.kiln.images;

import org.jspecify.annotations.NullMarked;
