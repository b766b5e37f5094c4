/** {@code kiln cluster}: broker, registry and Flink as processes of this machine. */
@NullMarked
package io.kiln.cli.cluster;

import org.jspecify.annotations.NullMarked;
