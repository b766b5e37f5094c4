package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Identifiers;
import java.util.List;

/** How Kafka knows a run: each identifier contains the model and the run. */
public final class RunIds {
    private RunIds() {}

    /** Name of the claim on the run. */
    static String claim(KilnConfig config) {
        return Identifiers.of("kiln-trainer", config.model().name(), config.training().runId());
    }

    /** Prefix of the transactional ids of the run's sink to a topic. */
    public static String transactions(KilnConfig config, String topic) {
        return Identifiers.of("kiln-sink", topic, config.model().name(), config.training().runId());
    }

    /** Prefixes of the transactional ids of all sinks of the run. */
    static List<String> transactions(KilnConfig config) {
        return List.of(
                transactions(config, config.topics().trainingSteps()),
                transactions(config, config.topics().checkpoints()));
    }
}
