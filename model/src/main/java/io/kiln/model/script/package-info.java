/** The dense encoder as a TorchScript module, for programs that have libtorch and not Kiln. */
@NullMarked
package io.kiln.model.script;

import org.jspecify.annotations.NullMarked;
