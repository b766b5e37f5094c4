package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class TrainingJobTest {
    /** An environment in which Flink refuses an operator without a uid. */
    private final StreamExecutionEnvironment env =
            StreamExecutionEnvironment.getExecutionEnvironment(
                    new Configuration().set(PipelineOptions.AUTO_GENERATE_UIDS, false));

    @Test
    void everyOperatorHasAUid() {
        TrainingJob.define(env, TestBatches.config("file:///nowhere"));
        assertThatCode(env::getStreamGraph).doesNotThrowAnyException();
    }

    @Test
    void oneTrainerHasNothingOfRounds() {
        TrainingJob.define(env, TestBatches.config("file:///nowhere"));
        assertThat(operators())
                .anyMatch(name -> name.equals("train"))
                .noneMatch(name -> name.contains("updates") || name.equals("claim run"));
    }

    @Test
    void severalTrainersHearOfChangesAndPassOneGate() {
        TrainingJob.define(env, TestBatches.config("file:///nowhere", "topics.trainers=2"));
        assertThat(operators())
                .anyMatch(name -> name.contains("updates"))
                .anyMatch(name -> name.equals("claim run"));
        assertThatCode(env::getStreamGraph).doesNotThrowAnyException();
    }

    private List<String> operators() {
        return env.getStreamGraph(false).getStreamNodes().stream()
                .map(StreamNode::getOperatorName)
                .toList();
    }

    @Test
    void operatorWithoutAUidIsRefused() {
        env.fromData(1).uid("numbers").map(number -> number + 1).print().uid("printed");
        assertThatThrownBy(env::getStreamGraph).hasMessageContaining("UID");
    }
}
