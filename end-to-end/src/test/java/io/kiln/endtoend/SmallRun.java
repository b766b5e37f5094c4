package io.kiln.endtoend;

import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A configuration with which a run takes seconds. */
final class SmallRun {
    private SmallRun() {}

    /** Overrides as {@code --set} takes them. */
    static List<String> overrides(String brokers, String registry, Path folder, String... more) {
        List<String> overrides =
                new ArrayList<>(
                        List.of(
                                "kafka.bootstrapServers=" + brokers,
                                "registry.url=" + registry,
                                "topics.imagePartitions=2",
                                "input.height=64",
                                "input.width=64",
                                "masking.batchSize=4",
                                "masking.flushAfter=1s",
                                "model.architecture=custom",
                                "model.family=resnet-bottleneck",
                                "model.depths=[1, 1, 1, 1]",
                                "model.widths=[16, 32, 64, 128]",
                                "model.stem=16",
                                "model.decoderWidth=32",
                                "training.threads=1",
                                "checkpoints.everySteps=2",
                                "checkpoints.artifacts="
                                        + FolderUri.of(folder.resolve("artifacts")),
                                "flink.checkpointInterval=500ms",
                                "flink.checkpointDirectory="
                                        + FolderUri.of(folder.resolve("checkpoints")),
                                "flink.restartAttempts=3"));
        overrides.addAll(List.of(more));
        return overrides;
    }

    /** Overrides that give a run topics of its own, called prefix.images and so on. */
    static List<String> topics(String prefix) {
        return List.of(
                "topics.images=" + prefix + ".images",
                "topics.deadLetters=" + prefix + ".dlq",
                "topics.sparseBatches=" + prefix + ".batches",
                "topics.trainingSteps=" + prefix + ".steps",
                "topics.checkpoints=" + prefix + ".checkpoints",
                "topics.holdout=" + prefix + ".holdout",
                "topics.evaluations=" + prefix + ".evaluations");
    }

    /** The configuration of a run with topics of its own. */
    static KilnConfig config(
            LocalBroker broker,
            LocalRegistry registry,
            Path folder,
            String prefix,
            String... more) {
        List<String> overrides = overrides(broker.bootstrapServers(), registry.url(), folder, more);
        overrides.addAll(topics(prefix));
        return KilnConfig.parse("", overrides);
    }
}
