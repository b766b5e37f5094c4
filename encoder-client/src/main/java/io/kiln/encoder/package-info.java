/** What a downstream service embeds images with. */
@NullMarked
package io.kiln.encoder;

import org.jspecify.annotations.NullMarked;
