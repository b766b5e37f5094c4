/** Event files that TensorBoard reads. */
@NullMarked
package io.kiln.operations.tensorboard;

import org.jspecify.annotations.NullMarked;
