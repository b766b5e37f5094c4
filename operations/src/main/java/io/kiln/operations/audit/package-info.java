/** Whether the guarantees hold: compares topics and artifacts with what Kiln promises. */
@NullMarked
package io.kiln.operations.audit;

import org.jspecify.annotations.NullMarked;
