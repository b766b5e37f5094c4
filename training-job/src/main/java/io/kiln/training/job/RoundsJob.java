package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.GaplessSource;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.RunClaim;
import io.kiln.kafka.WatchCheckpoints;
import io.kiln.kafka.WatchTopic;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.BatchInputDeserializer;
import java.util.Set;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.common.TopicPartition;

/**
 * The training job of several trainers. What each changes in a round comes back to all of them over
 * the topic of updates. What they emit passes one gate, which claims the run.
 *
 * <p>All its tasks are joined, so that they fail and start again together.
 */
final class RoundsJob {
    /** How to go on when batches are missing, or the topic is another one. */
    static final String BEGIN_ANEW =
            "To train on what the topic holds now, start another run (training.runId) with the last version's"
                    + " weights (training.init.weights)";

    /** How long an announcement may wait for company on its way to a subtask. */
    private static final long BUFFER_MILLIS = 2;

    private RoundsJob() {}

    /** Defines the whole topology, on an environment that has the job's settings. */
    static void define(StreamExecutionEnvironment env, KilnConfig config) {
        String submission = RunClaim.newSubmission();
        env.setParallelism(1);
        env.setBufferTimeout(BUFFER_MILLIS);

        SingleOutputStreamOperator<BatchInput> updates =
                env.fromSource(updates(config), WatermarkStrategy.noWatermarks(), "updates")
                        .setDescription("read changes from " + config.topics().updates())
                        .uid("updates");

        SingleOutputStreamOperator<TrainerOutput> trained =
                WatchTopic.of(
                                config,
                                config.topics().sparseBatches(),
                                BEGIN_ANEW,
                                WatchCheckpoints.of(config.flink(), updates))
                        .broadcast()
                        .transform(
                                "train",
                                TypeInformation.of(TrainerOutput.class),
                                new TrainersOperator(config, submission))
                        .setParallelism(config.flink().trainingParallelism())
                        .setDescription(
                                config.topics().trainers()
                                        + " trainers "
                                        + TrainingJob.description(config))
                        .uid("train");

        SingleOutputStreamOperator<KafkaMessage> steps =
                trained.global()
                        .transform(
                                "claim run",
                                KafkaMessageType.INFORMATION,
                                new RunGate(config, submission))
                        .setParallelism(1)
                        .setDescription("let out what belongs to the run that this job has claimed")
                        .uid("claim-run");

        TrainingJob.defineSinks(steps, config);
    }

    private static GaplessSource<BatchInput> updates(KilnConfig config) {
        String topic = config.topics().updates();
        return GaplessSource.of(
                config,
                topic,
                KafkaSource.<BatchInput>builder()
                        .setPartitions(Set.of(new TopicPartition(topic, 0)))
                        .setGroupId(KilnJob.TRAINING.group(config))
                        .setDeserializer(new BatchInputDeserializer())
                        .setProperties(Clients.source(config)),
                BEGIN_ANEW);
    }
}
