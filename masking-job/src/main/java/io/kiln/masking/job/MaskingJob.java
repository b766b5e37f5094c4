package io.kiln.masking.job;

import io.kiln.config.ConfigException;
import io.kiln.config.KilnConfig;
import io.kiln.config.MaskingConfig;
import io.kiln.config.MaskingConfig.Duplicates;
import io.kiln.config.TopicsConfig.ImageFormat;
import io.kiln.kafka.Clients;
import io.kiln.kafka.Grant;
import io.kiln.kafka.JobArguments;
import io.kiln.kafka.JobRecords;
import io.kiln.kafka.JobSettings;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.Part;
import io.kiln.kafka.WatchCheckpoints;
import io.kiln.kafka.WatchTopic;
import io.kiln.masking.order.AssembleBatch;
import io.kiln.masking.order.DropDuplicates;
import io.kiln.masking.order.HoldImages;
import io.kiln.masking.order.ImagePartition;
import io.kiln.masking.order.ShuffleImages;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.replay.ReplayImages;
import io.kiln.masking.sampling.Holdout;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.schemas.ImageRecord;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Images in, masked batches out. Each image is in masking.views batches, held out of training, or
 * among the dead letters. With masking.replay, it may be in more batches later.
 *
 * <p>Each partition of images keeps its order all the way. One subtask reads it and decodes and
 * masks its images; one subtask assembles its batches.
 */
public final class MaskingJob {
    /** Name of the job in the demo. */
    public static final String NAME = "kiln masking";

    private MaskingJob() {}

    /**
     * Entry point of the job's jar.
     *
     * @param args see {@link JobArguments}
     * @throws ConfigException if an argument or the configuration is wrong, before anything
     *     connects
     * @throws io.kiln.schemas.BrokerException if no broker answers, or a topic is missing
     */
    public static void main(String[] args) throws Exception {
        KilnConfig config = JobArguments.parse(args);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        define(env, config);
        // A missing topic is a mistake that no restart mends.
        Clients.require(config, grants(config));
        env.execute(KilnJob.MASKING.flinkName(config));
    }

    private static List<Grant> grants(KilnConfig config) {
        String holdout = config.topics().holdout();
        return Part.MASKING.grants(config.topics()).stream()
                .filter(grant -> config.evaluation().holdsOut() || !grant.name().equals(holdout))
                .toList();
    }

    /**
     * Defines the whole topology. Connects to nothing yet.
     *
     * @throws ConfigException if the job cannot run with this configuration; the message names the
     *     key
     */
    public static void define(StreamExecutionEnvironment env, KilnConfig config) {
        MaskingPlan plan = MaskingPlan.of(config);
        MaskingConfig masking = config.masking();
        KafkaConnectors kafka = new KafkaConnectors(config, plan);
        JobSettings.apply(KilnJob.MASKING, config, env);
        env.setParallelism(config.flink().maskingParallelism());

        SingleOutputStreamOperator<ImageInput> inputs =
                env.fromSource(kafka.images(), WatermarkStrategy.noWatermarks(), "images")
                        .uid("images");

        SingleOutputStreamOperator<MaskedImage> masked =
                WatchTopic.of(
                                config,
                                config.topics().images(),
                                KafkaConnectors.BEGIN_ANEW,
                                WatchCheckpoints.of(config.flink(), inputs))
                        .process(
                                new DecodeAndMask(
                                        reader(config),
                                        MaskingPlan.limits(config),
                                        plan,
                                        Holdout.of(config)))
                        .name("DecodeAndMask")
                        .uid("decode-and-mask");
        DataStream<DeadLetter> deadLetters = masked.getSideOutput(DecodeAndMask.DEAD_LETTERS);

        SingleOutputStreamOperator<MaskedImage> kept =
                masked.keyBy(new ImagePartition())
                        .process(new DropDuplicates(masking))
                        .name("DropDuplicates")
                        .uid("drop-duplicates");
        KeyedStream<MaskedImage, String> images = stillKeyed(kept);
        if (masking.duplicates() != Duplicates.KEEP) { // a second input is a task for the sink
            deadLetters = deadLetters.union(kept.getSideOutput(DropDuplicates.DUPLICATES));
        }

        if (masking.replay().replays()) {
            images =
                    stillKeyed(
                            images.process(new ReplayImages(plan, MaskingPlan.limits(config)))
                                    .name("ReplayImages")
                                    .uid("replay-images"));
        }

        if (masking.shuffleBuffer() > 0) {
            images =
                    stillKeyed(
                            images.transform(
                                            "ShuffleImages",
                                            masked.getType(),
                                            new HoldImages<>(plan, new ShuffleImages(plan)))
                                    .uid("shuffle-images"));
        }

        images.transform(
                        "AssembleBatch",
                        TypeInformation.of(ViewBatch.class),
                        new HoldImages<>(plan, new AssembleBatch(plan)))
                .uid("assemble-batch")
                .sinkTo(kafka.sparseBatches())
                .name("sparse-batches")
                .uid("sparse-batches");

        if (config.evaluation().holdsOut()) {
            masked.getSideOutput(DecodeAndMask.HELD_OUT)
                    .sinkTo(kafka.heldOut())
                    .name("holdout")
                    .uid("holdout");
        }

        deadLetters.sinkTo(kafka.deadLetters()).name("dead-letters").uid("dead-letters");
    }

    /** An operator on a keyed stream leaves each image at its key, so nothing moves. */
    private static KeyedStream<MaskedImage, String> stillKeyed(DataStream<MaskedImage> images) {
        return DataStreamUtils.reinterpretAsKeyedStream(images, new ImagePartition());
    }

    private static RecordReader reader(KilnConfig config) {
        if (config.topics().imageFormat() == ImageFormat.RAW) {
            return new RawImageReader();
        }
        return new JobRecords<>(config, ImageRecord.class, config.topics().images())::read;
    }
}
