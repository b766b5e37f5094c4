package io.kiln.training;

import io.kiln.config.KilnConfig;
import io.kiln.flink.JobArguments;
import io.kiln.flink.JobSettings;
import io.kiln.flink.KafkaSettings;
import io.kiln.flink.NoSilentGap;
import java.util.Set;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Masked batches in, weights out: training steps and checkpoint events, exactly once. */
public final class TrainingJob {
    /** Name of the job in Flink. */
    public static final String NAME = "kiln training";

    /** Which of the trainers this is. */
    static final int TRAINER = 0;

    private TrainingJob() {}

    /**
     * Entry point of the job's jar.
     *
     * @param args see {@link JobArguments}
     */
    public static void main(String[] args) throws Exception {
        KilnConfig config = JobArguments.parse(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        define(env, config);
        env.execute(NAME);
    }

    /**
     * The whole topology.
     *
     * @throws io.kiln.config.ConfigException if the network cannot be built as configured
     */
    public static void define(StreamExecutionEnvironment env, KilnConfig config) {
        ModelSettings.of(config); // a mistake in the model is to be told now, not by a task manager
        JobSettings.apply(config.flink(), env);
        env.setParallelism(1);

        SingleOutputStreamOperator<KafkaMessage> steps =
                env.fromSource(source(config), BatchProgress.inStep(config), "sparse-batches")
                        .uid("sparse-batches")
                        .transform(
                                "train",
                                KafkaMessageType.INFORMATION,
                                new TrainingOperator(config, KafkaRunClaim::take))
                        .uid("train");

        steps.sinkTo(sink(config, config.topics().trainingSteps()))
                .name("training-steps")
                .uid("training-steps");

        steps.getSideOutput(TrainingOperator.CHECKPOINTS)
                .sinkTo(sink(config, config.topics().checkpoints()))
                .name("checkpoints")
                .uid("checkpoints");
    }

    private static KafkaSource<BatchInput> source(KilnConfig config) {
        return KafkaSource.<BatchInput>builder()
                .setPartitions(Set.copyOf(RunTopics.each(config, partition -> 0).keySet()))
                .setGroupId("kiln-training-" + config.training().runId())
                .setStartingOffsets(new NoSilentGap())
                .setDeserializer(new BatchInputDeserializer())
                .setProperties(BatchProgress.consumer(config))
                .build();
    }

    private static KafkaSink<KafkaMessage> sink(KilnConfig config, String topic) {
        return KafkaSink.<KafkaMessage>builder()
                .setKafkaProducerConfig(KafkaSettings.producer(config))
                .setBootstrapServers(config.kafka().bootstrapServers())
                .setRecordSerializer(new KafkaMessageSerializer(topic))
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(
                        "kiln-"
                                + topic
                                + "-"
                                + config.model().name()
                                + "-"
                                + config.training().runId())
                .build();
    }
}
