/** Output for people and scripts. */
@NullMarked
package io.kiln.operations.console;

import org.jspecify.annotations.NullMarked;
