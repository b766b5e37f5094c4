/** {@code kiln demo}: the whole pipeline, embedded in one process tree, with a report. */
@NullMarked
package io.kiln.cli.demo;

import org.jspecify.annotations.NullMarked;
