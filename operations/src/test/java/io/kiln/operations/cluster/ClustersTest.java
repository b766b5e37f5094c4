package io.kiln.operations.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.kiln.config.FolderUri;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClustersTest {
    @TempDir private Path folder;

    @Test
    void aFolderWithoutAClusterCannotBeStopped() throws Exception {
        Path none = folder.resolve("none");
        assertThatExceptionOfType(OperationException.class)
                .isThrownBy(() -> Clusters.stop(none))
                .withMessageContaining(none + " is not the folder of a cluster");
        Files.createFile(ClusterState.log(folder)); // a cluster has run there
        assertThat(Clusters.stop(folder)).isFalse();
    }

    @Test
    void aClusterWhoseLogWasDeletedIsStopped() throws Exception {
        Process supervisor = new ProcessBuilder("sleep", "300").start();
        ClusterState.of(supervisor.toHandle(), new ClusterPorts(9092, 8085, 8081), 2, true)
                .write(folder);
        assertThat(Clusters.stop(folder)).isTrue();
        assertThat(supervisor.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }

    @Test
    void jobsThatHaveLeftACompleteStateAreNamed() throws Exception {
        Path checkpoints = folder.resolve("checkpoints, für 図");
        Files.writeString(
                ClusterState.config(folder),
                "flink: {checkpointDirectory: '" + FolderUri.of(checkpoints) + "'}\n");
        assertThat(Clusters.stopped(folder)).isEmpty();
        Path masking = checkpoints.resolve("masking/sparse-batches/0123/chk-7");
        Files.createDirectories(checkpoints.resolve("training/kiln/run-1/0123/chk-1"));
        Files.createFile(Files.createDirectories(masking).resolve("_metadata"));
        assertThat(Clusters.stopped(folder)).containsExactly(KilnJob.MASKING);
    }
}
