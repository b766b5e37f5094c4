/** Replay of old images: a buffer for each partition. See {@code ReplayImages}. */
@NullMarked
package io.kiln.masking.replay;

import org.jspecify.annotations.NullMarked;
