/** Clusters of real processes on this machine. */
@NullMarked
package io.kiln.operations.cluster;

import org.jspecify.annotations.NullMarked;
