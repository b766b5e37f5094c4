/** The report of a run: one HTML file, and files for other programs. */
@NullMarked
package io.kiln.demo.report;

import org.jspecify.annotations.NullMarked;
