package io.kiln.endtoend;

import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A configuration under which everything happens within seconds. */
final class SmallRun {
    private SmallRun() {}

    /** Overrides of the defaults, as {@code --set} takes them. */
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

    static KilnConfig config(String brokers, String registry, Path folder) {
        return KilnConfig.parse("", overrides(brokers, registry, folder));
    }
}
