/** The configuration as a file, and which keys differ from their defaults. */
@NullMarked
package io.kiln.operations.config;

import org.jspecify.annotations.NullMarked;
