package io.kiln.masking.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import java.util.List;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class MaskingJobTest {
    /** With all that is optional. */
    @Test
    void everyOperatorHasAUidAndAName() {
        StreamExecutionEnvironment env =
                defined("masking.duplicates=drop-near", "masking.shuffleBuffer=10");
        assertThat(env.getStreamGraph(false).getStreamNodes())
                .filteredOn(node -> !node.getOperatorName().contains("Committer"))
                .extracting(StreamNode::getTransformationUID, StreamNode::getOperatorName)
                .containsExactlyInAnyOrder(
                        tuple("images", "Source: images"),
                        tuple("watch-checkpoints", "WatchCheckpoints"),
                        tuple("watch-topic", "WatchTopic"),
                        tuple("decode-and-mask", "DecodeAndMask"),
                        tuple("drop-duplicates", "DropDuplicates"),
                        tuple("shuffle-images", "ShuffleImages"),
                        tuple("assemble-batch", "AssembleBatch"),
                        tuple("sparse-batches", "sparse-batches: Writer"),
                        tuple("dead-letters", "dead-letters: Writer"));
        assertThat(env.getStreamGraph(false).getStreamNodes())
                .allSatisfy(node -> assertThat(node.getTransformationUID()).isNotNull());
    }

    /** An image crosses from one task to another once, on its way to its partition. */
    @Test
    void aJobOfTheDefaultsIsTwoTasks() {
        assertThat(defined().getStreamGraph().getJobGraph().getVertices())
                .extracting(JobVertex::getName)
                .satisfiesExactlyInAnyOrder(
                        name -> assertThat(name).startsWith("Source: images -> "),
                        name -> assertThat(name).startsWith("DropDuplicates -> AssembleBatch -> "));
    }

    @Test
    void guaranteesRestOnAlignedExactlyOnceCheckpoints() {
        StreamExecutionEnvironment env = defined("flink.checkpointInterval=3s");
        assertThat(env.getCheckpointConfig().getCheckpointInterval()).isEqualTo(3000);
        assertThat(env.getCheckpointConfig().getCheckpointingConsistencyMode())
                .isEqualTo(CheckpointingMode.EXACTLY_ONCE);
        assertThat(env.getCheckpointConfig().isUnalignedCheckpointsEnabled()).isFalse();
        assertThat(env.getConfig().isObjectReuseEnabled()).isTrue();
    }

    @Test
    void wrongArgumentsAreNamedBeforeAnythingConnects() {
        assertThatThrownBy(() -> MaskingJob.main(new String[] {"--set", "masking.maskRatio=1.5"}))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("masking.maskRatio: 1.5 is not allowed");
        assertThatThrownBy(() -> MaskingJob.main(new String[] {"--sett", "a=b"}))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("--sett");
    }

    private static StreamExecutionEnvironment defined(String... overrides) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        MaskingJob.define(env, KilnConfig.parse("", List.of(overrides)));
        return env;
    }
}
