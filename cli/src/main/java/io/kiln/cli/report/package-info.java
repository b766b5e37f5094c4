/** A run as a page that anyone can open: loss, pictures, checkpoint events, configuration. */
@NullMarked
package io.kiln.cli.report;

import org.jspecify.annotations.NullMarked;
