package io.kiln.training.job;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.ExactlyOnceSink;
import io.kiln.kafka.GaplessSource;
import io.kiln.kafka.JobArguments;
import io.kiln.kafka.JobSettings;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.Part;
import io.kiln.kafka.WatchCheckpoints;
import io.kiln.kafka.WatchTopic;
import io.kiln.training.input.BatchInput;
import io.kiln.training.input.BatchInputDeserializer;
import io.kiln.training.input.OffsetWatermarks;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.run.RunIds;
import io.kiln.training.state.ModelSettings;
import java.util.Set;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Masked batches in, training steps and checkpoint events out, exactly once. */
public final class TrainingJob {
    /** Name of the job in the demo. */
    public static final String NAME = "kiln training";

    private TrainingJob() {}

    /**
     * Entry point of the job's jar.
     *
     * @param args see {@link JobArguments}
     * @throws io.kiln.schemas.BrokerException if no broker answers, or a topic is missing
     */
    public static void main(String[] args) throws Exception {
        KilnConfig config = JobArguments.parse(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        define(env, config);
        // A missing topic is a mistake that no restart mends.
        Clients.require(config, Part.TRAINING.grants(config.topics()));
        env.execute(KilnJob.TRAINING.flinkName(config));
    }

    /**
     * Defines the whole topology.
     *
     * @throws io.kiln.config.ConfigException if the network cannot be built as configured
     */
    public static void define(StreamExecutionEnvironment env, KilnConfig config) {
        ModelSettings.of(config); // refuses a wrong model now, not in a task manager
        JobSettings.apply(KilnJob.TRAINING, config, env);
        if (config.topics().trainers() > 1) {
            RoundsJob.define(env, config);
            return;
        }
        env.setParallelism(1);

        SingleOutputStreamOperator<BatchInput> batches =
                env.fromSource(source(config), OffsetWatermarks.aligned(config), "sparse-batches")
                        .setDescription("read batches from " + config.topics().sparseBatches())
                        .uid("sparse-batches");

        SingleOutputStreamOperator<KafkaMessage> steps =
                WatchTopic.of(
                                config,
                                config.topics().sparseBatches(),
                                RoundsJob.BEGIN_ANEW,
                                WatchCheckpoints.of(config.flink(), batches))
                        .transform(
                                "train", KafkaMessageType.INFORMATION, new TrainingOperator(config))
                        .setDescription(description(config))
                        .uid("train");

        defineSinks(steps, config);
    }

    /** Where steps go, and the events beside them. */
    static void defineSinks(SingleOutputStreamOperator<KafkaMessage> steps, KilnConfig config) {
        steps.sinkTo(sink(config, config.topics().trainingSteps()))
                .name("training-steps")
                .setDescription("one record a step, to " + config.topics().trainingSteps())
                .uid("training-steps");

        steps.getSideOutput(TrainingOperator.CHECKPOINTS)
                .sinkTo(sink(config, config.topics().checkpoints()))
                .name("checkpoints")
                .setDescription("events of versions, to " + config.topics().checkpoints())
                .uid("checkpoints");
    }

    /** What Flink's page shows in place of the operator's name. */
    static String description(KilnConfig config) {
        return "train "
                + config.model().architecture()
                + " on "
                + config.input().height()
                + " x "
                + config.input().width()
                + " pixels: run "
                + config.training().runId()
                + " of model "
                + config.model().name();
    }

    private static GaplessSource<BatchInput> source(KilnConfig config) {
        return GaplessSource.of(
                config,
                config.topics().sparseBatches(),
                KafkaSource.<BatchInput>builder()
                        .setPartitions(
                                Set.copyOf(TrainerPartitions.each(config, partition -> 0).keySet()))
                        .setGroupId(KilnJob.TRAINING.group(config))
                        .setDeserializer(new BatchInputDeserializer())
                        .setProperties(OffsetWatermarks.source(config)),
                RoundsJob.BEGIN_ANEW);
    }

    private static ExactlyOnceSink<KafkaMessage> sink(KilnConfig config, String topic) {
        return ExactlyOnceSink.of(
                config, RunIds.transactions(config, topic), new KafkaMessageSerializer(topic));
    }
}
