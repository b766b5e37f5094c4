/** What this machine has of what training needs. */
@NullMarked
package io.kiln.operations.doctor;

import org.jspecify.annotations.NullMarked;
