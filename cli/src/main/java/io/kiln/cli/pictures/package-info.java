/** What verbs do with picture files, through the masking job's decoder. */
@NullMarked
package io.kiln.cli.pictures;

import org.jspecify.annotations.NullMarked;
