/** The masked-dense network that the sparse one is compared with. */
@NullMarked
package io.kiln.verification.masked;

import org.jspecify.annotations.NullMarked;
