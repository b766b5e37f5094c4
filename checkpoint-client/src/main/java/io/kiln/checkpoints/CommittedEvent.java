package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CloudEventHeaders;

/**
 * A checkpoint event with what its record says beside it.
 *
 * @param event the event
 * @param headers its CloudEvents attributes
 * @param offset its place on the topic; {@link CheckpointSubscriber.Start#after} goes on from there
 */
public record CommittedEvent(CheckpointEvent event, CloudEventHeaders headers, long offset) {}
