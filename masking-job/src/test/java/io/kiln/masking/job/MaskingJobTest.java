package io.kiln.masking.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import java.util.List;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class MaskingJobTest {
    @Test
    void everyOperatorHasAUidSoThatStateSurvivesAnUpgrade() {
        StreamExecutionEnvironment env = defined();
        assertThat(env.getStreamGraph(false).getStreamNodes())
                .filteredOn(node -> !node.getOperatorName().contains("Committer"))
                .extracting(StreamNode::getTransformationUID)
                .containsExactlyInAnyOrder(
                        "images",
                        "decode-image",
                        "mask-patches",
                        "assemble-batch",
                        "sparse-batches",
                        "dead-letters");
        assertThat(env.getStreamGraph(false).getStreamNodes())
                .allSatisfy(node -> assertThat(node.getTransformationUID()).isNotNull());
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
    void moreTrainersThanPartitionsOfImagesAreRefused() {
        assertThatThrownBy(() -> defined("topics.trainers=5"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("topics.trainers: 5 is not allowed")
                .hasMessageContaining("at most topics.imagePartitions = 4");
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
