package io.kiln.masking;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import io.kiln.flink.JobArguments;
import io.kiln.flink.JobSettings;
import io.kiln.flink.KafkaSettings;
import io.kiln.flink.NoSilentGap;
import io.kiln.schemas.Topic;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Images in, masked batches out, each image exactly masking.views times or among the dead letters.
 */
public final class MaskingJob {
    /** Name of the job in Flink. */
    public static final String NAME = "kiln masking";

    /** Room for origins and names beside the pixels of an image. */
    private static final int BYTES_BESIDE_PIXELS = 512;

    private MaskingJob() {}

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
     * @throws ConfigException if a full batch would be larger than a record may be
     */
    public static void define(StreamExecutionEnvironment env, KilnConfig config) {
        requireBatchFits(config);
        JobSettings.apply(config.flink(), env);
        env.setParallelism(config.flink().maskingParallelism());

        SingleOutputStreamOperator<DecodedImage> images =
                env.fromSource(source(config), WatermarkStrategy.noWatermarks(), "images")
                        .uid("images")
                        .process(new DecodeImage(config))
                        .name("decode")
                        .uid("decode");

        images.getSideOutput(DecodeImage.DEAD_LETTERS)
                .sinkTo(
                        sink(
                                config,
                                new DeadLetterSerializer(config.topics().deadLetters()),
                                "kiln-dead-letters"))
                .name("dead letters")
                .uid("dead-letters");

        images.flatMap(new MaskPatches(config))
                .name("mask")
                .uid("mask")
                .keyBy(AssembleBatch::key)
                .process(new AssembleBatch(config))
                .name("assemble")
                .uid("assemble")
                .sinkTo(
                        sink(
                                config,
                                new BatchMessageSerializer(config.topics().sparseBatches()),
                                "kiln-sparse-batches"))
                .name("sparse-batches")
                .uid("sparse-batches");
    }

    private static KafkaSource<ImageInput> source(KilnConfig config) {
        return KafkaSource.<ImageInput>builder()
                .setTopics(config.topics().images())
                .setGroupId("kiln-masking")
                .setStartingOffsets(new NoSilentGap())
                .setDeserializer(new ImageInputDeserializer())
                .setProperties(KafkaSettings.consumer(config))
                .build();
    }

    private static <T> KafkaSink<T> sink(
            KilnConfig config, KafkaRecordSerializationSchema<T> serializer, String transactions) {
        return KafkaSink.<T>builder()
                .setKafkaProducerConfig(KafkaSettings.producer(config))
                .setBootstrapServers(config.kafka().bootstrapServers())
                .setRecordSerializer(serializer)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(transactions + "-" + config.topics().sparseBatches())
                .build();
    }

    private static void requireBatchFits(KilnConfig config) {
        long image =
                (long) config.input().height() * config.input().width() * config.input().channels()
                        + BYTES_BESIDE_PIXELS;
        long most = Topic.MAX_RECORD_BYTES / image;
        if (config.masking().batchSize() > most) {
            throw new ConfigException(
                    "masking.batchSize: "
                            + config.masking().batchSize()
                            + " is not allowed; batches of "
                            + config.input().height()
                            + " x "
                            + config.input().width()
                            + " images fit into a Kafka record of "
                            + Topic.MAX_RECORD_BYTES
                            + " bytes up to "
                            + most);
        }
    }
}
