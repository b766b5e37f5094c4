/** What a run knows of itself, and how Flink's state holds it. */
@NullMarked
package io.kiln.training.state;

import org.jspecify.annotations.NullMarked;
