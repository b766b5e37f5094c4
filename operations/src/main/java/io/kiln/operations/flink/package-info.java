/** Flink's REST API, as far as Kiln needs it. */
@NullMarked
package io.kiln.operations.flink;

import org.jspecify.annotations.NullMarked;
