/**
 * The masking job: images from Kafka are decoded, cropped, masked and sent on in batches.
 *
 * <p>{@link MaskingJob} shows the topology; {@code image} and {@code sampling} hold the logic,
 * without Flink.
 */
@NullMarked
package io.kiln.masking;

import org.jspecify.annotations.NullMarked;
