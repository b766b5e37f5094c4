/** Runs as MLflow shows them. */
@NullMarked
package io.kiln.operations.mlflow;

import org.jspecify.annotations.NullMarked;
