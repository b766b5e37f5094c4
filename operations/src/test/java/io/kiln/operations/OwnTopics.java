package io.kiln.operations;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnTopics;
import io.kiln.schemas.TestServers;
import java.util.ArrayList;
import java.util.List;

/** Topics of a test's own on the shared broker. */
public final class OwnTopics {
    private OwnTopics() {}

    /**
     * Creates them.
     *
     * @param overrides further settings
     * @return the configuration that names them
     */
    public static KilnConfig create(String... overrides) {
        List<String> all = new ArrayList<>(List.of(overrides));
        for (String key :
                List.of("images", "deadLetters", "sparseBatches", "trainingSteps", "checkpoints")) {
            all.add("topics." + key + "=" + TestServers.unique(key));
        }
        all.add("kafka.bootstrapServers=" + TestServers.broker());
        all.add("registry.url=" + TestServers.registryUrl());
        KilnConfig config = KilnConfig.parse("", all);
        KilnTopics.create(config);
        return config;
    }
}
