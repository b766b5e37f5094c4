/**
 * What passes between the operators, in the order in which bytes become a batch: {@link
 * io.kiln.masking.records.ImageInput}, {@link io.kiln.masking.records.MaskedImage}, {@link
 * io.kiln.masking.records.ViewBatch}. An image that cannot be used becomes a {@link
 * io.kiln.masking.records.DeadLetter}.
 */
@NullMarked
package io.kiln.masking.records;

import org.jspecify.annotations.NullMarked;
