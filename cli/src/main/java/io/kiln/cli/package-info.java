/** The kiln command and the embedded demo. */
@NullMarked
package io.kiln.cli;

import org.jspecify.annotations.NullMarked;
