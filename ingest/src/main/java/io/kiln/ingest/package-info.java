/** Producers: where images come from and how they are sent. */
@NullMarked
package io.kiln.ingest;

import org.jspecify.annotations.NullMarked;
