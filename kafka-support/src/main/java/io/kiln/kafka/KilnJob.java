package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The Flink jobs. A job of one run has the same name, group and folder however often it starts. */
public enum KilnJob {
    /** Belongs to the topic of batches that it fills. */
    MASKING(config -> List.of(config.topics().sparseBatches()), config -> config.topics().images()),

    /** Belongs to a run of a model. */
    TRAINING(
            config -> List.of(config.model().name(), config.training().runId()),
            config -> config.topics().sparseBatches()),

    /** Evaluates the versions of a run. */
    EVALUATION(
            config -> List.of(config.model().name(), config.training().runId()),
            config -> config.topics().holdout());

    private final Function<KilnConfig, List<String>> names;
    private final Function<KilnConfig, String> input;

    KilnJob(Function<KilnConfig, List<String>> names, Function<KilnConfig, String> input) {
        this.names = names;
        this.input = input;
    }

    /** The name of the job in Flink, such as {@code kiln training model/run}. */
    public String flinkName(KilnConfig config) {
        return "kiln " + word() + " " + String.join("/", names.apply(config));
    }

    /** Consumer group that shows how far the job has read. */
    public String group(KilnConfig config) {
        return Identifiers.of("kiln-" + word(), names.apply(config).toArray(String[]::new));
    }

    /**
     * Folder below the one for checkpoints that holds those of the job, a folder for each time it
     * was submitted, and its savepoints.
     */
    public String folder(KilnConfig config) {
        return word() + "/" + String.join("/", names.apply(config));
    }

    /** The topic that the job reads. */
    public String input(KilnConfig config) {
        return input.apply(config);
    }

    /** The word for the job in a command. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
