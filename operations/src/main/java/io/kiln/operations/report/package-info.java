/** Reports of runs: one HTML page, and files for other programs. */
@NullMarked
package io.kiln.operations.report;

import org.jspecify.annotations.NullMarked;
