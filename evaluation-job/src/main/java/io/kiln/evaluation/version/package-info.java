/** Evaluates one version on held-out images, apart from Flink. */
@NullMarked
package io.kiln.evaluation.version;

import org.jspecify.annotations.NullMarked;
