package io.kiln.config;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The whole configuration. A value of this type is valid: every key is within its range, and the
 * sections agree with each other.
 */
public record KilnConfig(
        KafkaConfig kafka,
        RegistryConfig registry,
        TopicsConfig topics,
        InputConfig input,
        IngestConfig ingest,
        MaskingConfig masking,
        ModelConfig model,
        TrainingConfig training,
        CheckpointsConfig checkpoints,
        EvaluationConfig evaluation,
        FlinkConfig flink)
        implements Serializable {
    public KilnConfig {
        requirePatchesOnBothSides(masking, input);
        requireReplayHoldsAnImage(masking.replay(), ingest);
        requireTrainersForEachSubtask(topics, flink);
        requireNoAverageOfSeveralTrainers(topics, training);
        requireRepeatableStepsOfSeveralTrainers(topics, training, model);
        training.anneal().requireSense(topics, training, checkpoints);
    }

    /** The configuration in which every key has its default. */
    public static KilnConfig defaults() {
        return parse("", List.of());
    }

    /**
     * Reads a file and applies overrides.
     *
     * @param file YAML
     * @param overrides each "section.key=value", see {@link KeyOverride}; later ones win
     * @throws ConfigException if the file cannot be read or any key is wrong
     */
    public static KilnConfig load(Path file, List<String> overrides) {
        try {
            return OverriddenYaml.read(
                    Files.readString(file), file + ":" + System.lineSeparator(), overrides);
        } catch (NoSuchFileException e) {
            throw new ConfigException(
                    "--config "
                            + file
                            + ": does not exist; expected a YAML file, such as kiln config --yaml"
                            + " writes");
        } catch (IOException e) {
            throw new ConfigException(
                    "--config " + file + ": cannot be read (" + e + "); expected a YAML file");
        }
    }

    /**
     * Reads YAML text and applies overrides.
     *
     * @throws ConfigException if the text is not YAML or any key is wrong
     */
    public static KilnConfig parse(String yaml, List<String> overrides) {
        return OverriddenYaml.read(yaml, "", overrides);
    }

    /**
     * The same with training on another device.
     *
     * @param device cpu, gpu or gpu:N
     */
    public KilnConfig withTrainingDevice(String device) {
        return new KilnConfig(
                kafka,
                registry,
                topics,
                input,
                ingest,
                masking,
                model,
                training.withDevice(device),
                checkpoints,
                evaluation,
                flink);
    }

    /**
     * Optimiser steps from one checkpoint event to the next: checkpoints.everySteps, rounded up to
     * whole rounds if there are several trainers, since they publish only at the end of one.
     */
    public long stepsBetweenEvents() {
        long every = checkpoints.everySteps();
        long round = topics.trainers() > 1 ? training.round().steps() : 1;
        return (every + round - 1) / round * round;
    }

    private static void requireReplayHoldsAnImage(ReplayConfig replay, IngestConfig ingest) {
        if (replay.replays() && replay.maxBytes().bytes() < ingest.maxImageBytes().bytes()) {
            throw new IllegalArgumentException(
                    "masking.replay.maxBytes: "
                            + replay.maxBytes()
                            + " is not allowed; expected at least ingest.maxImageBytes = "
                            + ingest.maxImageBytes());
        }
    }

    private static void requireTrainersForEachSubtask(TopicsConfig topics, FlinkConfig flink) {
        if (flink.trainingParallelism() > topics.trainers()) {
            throw new IllegalArgumentException(
                    "flink.trainingParallelism: "
                            + flink.trainingParallelism()
                            + " is not allowed; a subtask without a trainer would be idle, expected at most"
                            + " topics.trainers = "
                            + topics.trainers());
        }
    }

    private static void requireNoAverageOfSeveralTrainers(
            TopicsConfig topics, TrainingConfig training) {
        if (topics.trainers() > 1 && training.average() != TrainingConfig.Average.NONE) {
            throw new IllegalArgumentException(
                    "training.average: "
                            + training.average().name().toLowerCase(Locale.ROOT)
                            + " is not allowed with topics.trainers = "
                            + topics.trainers()
                            + "; a trainer would average the weights of its local steps, expected none");
        }
    }

    /** After a failure a trainer must come to the change that it has announced, bit for bit. */
    private static void requireRepeatableStepsOfSeveralTrainers(
            TopicsConfig topics, TrainingConfig training, ModelConfig model) {
        if (topics.trainers() > 1
                && !training.device().equals("cpu")
                && model.decoder() == ModelConfig.Decoder.UNET) {
            throw new IllegalArgumentException(
                    "training.device: "
                            + training.device()
                            + " is not allowed with topics.trainers = "
                            + topics.trainers()
                            + " and model.decoder = unet, whose steps do not repeat bit for bit on a GPU; expected"
                            + " model.decoder = block, or cpu");
        }
    }

    private static void requirePatchesOnBothSides(MaskingConfig masking, InputConfig input) {
        int patches = input.patches();
        int keep = masking.keep(patches);
        if (keep < 1 || keep >= patches) {
            throw new IllegalArgumentException(
                    "masking.maskRatio: "
                            + masking.maskRatio()
                            + " is not allowed; it keeps "
                            + keep
                            + " of the "
                            + patches
                            + " patches of a "
                            + input.height()
                            + " x "
                            + input.width()
                            + " image, expected at least 1 active and 1 masked");
        }
    }
}
