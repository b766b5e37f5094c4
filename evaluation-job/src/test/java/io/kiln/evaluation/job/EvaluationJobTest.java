package io.kiln.evaluation.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import java.util.List;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class EvaluationJobTest {
    private static StreamExecutionEnvironment defined(String... overrides) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        EvaluationJob.define(env, KilnConfig.parse("", List.of(overrides)));
        return env;
    }

    @Test
    void everyOperatorHasANameAndAUid() {
        StreamExecutionEnvironment env = defined("evaluation.holdoutShare=0.01");
        assertThat(env.getStreamGraph(false).getStreamNodes())
                .filteredOn(node -> !node.getOperatorName().contains("Committer"))
                .extracting(StreamNode::getTransformationUID, StreamNode::getOperatorName)
                .containsExactlyInAnyOrder(
                        tuple("checkpoints", "Source: checkpoints"),
                        tuple("watch-checkpoints", "WatchCheckpoints"),
                        tuple("watch-topic", "WatchTopic"),
                        tuple("holdout", "Source: holdout"),
                        tuple("evaluate-versions", "EvaluateVersions"),
                        tuple("evaluations", "evaluations: Writer"));
    }

    @Test
    void withoutHeldOutImagesTheJobIsRefusedBeforeAnythingConnects() {
        assertThatThrownBy(() -> EvaluationJob.main(new String[0]))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("evaluation.holdoutShare: 0 holds out no images");
        assertThatThrownBy(() -> defined("evaluation.holdoutShare=1"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("evaluation.holdoutShare: 1 is not allowed");
    }

    @Test
    void setsThatAreTooLargeForTheStateAreRefused() {
        assertThatThrownBy(
                        () -> defined("evaluation.holdoutShare=0.01", "evaluation.anchors=10000"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("expected at most 7133 images");
    }
}
