package io.kiln.training.state;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.Sha256;

/**
 * SHA-256 of the configuration that shapes the weights: input, masking, model, and training with
 * its optimiser. Schedule, device and threads do not count, so that a run may go on with others.
 */
public final class ConfigurationHash {
    private ConfigurationHash() {}

    /**
     * The hash in lower-case hexadecimal, as checkpoint events carry it.
     *
     * @param masking of the batches that were trained on
     */
    public static String of(KilnConfig config, BatchMasking masking) {
        return Sha256.hex(
                String.join(
                        "|",
                        config.input().toString(),
                        Long.toString(masking.seed()),
                        Double.toString(masking.maskRatio()),
                        ModelSettings.of(config).architecture().toJson(),
                        Long.toString(config.training().seed()),
                        config.training().precision().name(),
                        config.training().optimiser().toString()));
    }
}
