package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
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
    void operatorWithoutAUidIsRefused() {
        env.fromData(1).uid("numbers").map(number -> number + 1).print().uid("printed");
        assertThatThrownBy(env::getStreamGraph).hasMessageContaining("UID");
    }
}
