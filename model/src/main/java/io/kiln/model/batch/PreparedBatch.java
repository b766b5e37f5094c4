package io.kiln.model.batch;

import io.kiln.model.training.Trainer;

/**
 * A batch with the index tables of its sites, made by {@link Trainer#prepare}.
 *
 * @param batch masked images
 * @param tables of its grid
 */
public record PreparedBatch(MaskedBatch batch, SiteTables tables) {}
