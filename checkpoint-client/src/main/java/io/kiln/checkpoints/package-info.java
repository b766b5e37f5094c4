/** What a downstream service uses: subscribe to checkpoint events, verify and fetch the files. */
@NullMarked
package io.kiln.checkpoints;

import org.jspecify.annotations.NullMarked;
