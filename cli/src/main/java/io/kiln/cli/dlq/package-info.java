/** Dead letters, for people: what there is, what one holds, and sending them again. */
@NullMarked
package io.kiln.cli.dlq;

import org.jspecify.annotations.NullMarked;
