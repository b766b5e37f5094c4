package io.kiln.training.state;

import io.kiln.config.KilnConfig;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of what shapes the weights: input, masking, model, training with its optimiser. The
 * schedule is left out, so that a run may go on with another learning rate; so are device and
 * threads.
 */
public final class ConfigurationHash {
    private ConfigurationHash() {}

    public static String of(KilnConfig config) {
        String text =
                String.join(
                        "|",
                        config.input().toString(),
                        Long.toString(config.masking().seed()),
                        Double.toString(config.masking().maskRatio()),
                        ModelSettings.of(config).architecture().toJson(),
                        Long.toString(config.training().seed()),
                        config.training().precision().name(),
                        config.training().optimiser().toString());
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
