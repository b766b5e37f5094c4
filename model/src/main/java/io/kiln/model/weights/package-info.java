/** Weight files: safetensors in and out, and what the tensors are called. */
@NullMarked
package io.kiln.model.weights;

import org.jspecify.annotations.NullMarked;
