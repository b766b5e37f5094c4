/** A run apart from Flink: a trainer, its progress, the fence around it. */
@NullMarked
package io.kiln.training.run;

import org.jspecify.annotations.NullMarked;
