/** The way to libtorch's operators: TorchScript made in Java, called through DJL. */
@NullMarked
package io.kiln.model.torch;

import org.jspecify.annotations.NullMarked;
