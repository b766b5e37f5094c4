/**
 * The masking job: images in, masked batches out. Begin with {@link
 * io.kiln.masking.job.MaskingJob}.
 */
@NullMarked
package io.kiln.masking.job;

import org.jspecify.annotations.NullMarked;
