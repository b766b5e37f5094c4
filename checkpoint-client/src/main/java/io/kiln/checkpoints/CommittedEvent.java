package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;

/**
 * A checkpoint event with the headers and the offset of its record.
 *
 * @param event the event
 * @param headers its CloudEvents attributes
 * @param offset of its record; {@link Start#after} goes on behind it
 */
public record CommittedEvent(CheckpointEvent event, CloudEventHeaders headers, long offset) {}
