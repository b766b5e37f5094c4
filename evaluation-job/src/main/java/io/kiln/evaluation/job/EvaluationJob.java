package io.kiln.evaluation.job;

import io.kiln.config.ConfigException;
import io.kiln.config.EvaluationConfig;
import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.ExactlyOnceSink;
import io.kiln.kafka.Grant;
import io.kiln.kafka.JobArguments;
import io.kiln.kafka.JobSettings;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.Part;
import io.kiln.kafka.RunClaim;
import io.kiln.kafka.WatchCheckpoints;
import io.kiln.kafka.WatchTopic;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.common.acl.AclOperation;

/**
 * Checkpoint events and held-out images in, one evaluation for each version out, exactly once. A
 * job of its own, so that training waits for nothing.
 */
public final class EvaluationJob {
    /** Name of the job in the demo. */
    public static final String NAME = "kiln evaluation";

    /** State that the two sets of images may take. */
    private static final long MAX_IMAGE_BYTES = 1L << 30;

    private EvaluationJob() {}

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
        Clients.require(config, Part.EVALUATION.grants(config.topics()));
        if (config.evaluation().promotes()) {
            Grant promoting = Grant.topic(config.topics().checkpoints(), AclOperation.WRITE);
            Clients.require(config, List.of(promoting));
        }
        env.execute(KilnJob.EVALUATION.flinkName(config));
    }

    /**
     * Defines the whole topology. Connects to nothing yet.
     *
     * @throws ConfigException if no images are held out, or the sets would be too large
     */
    public static void define(StreamExecutionEnvironment env, KilnConfig config) {
        requireImages(config);
        JobSettings.apply(KilnJob.EVALUATION, config, env);
        env.setParallelism(1);

        SingleOutputStreamOperator<KafkaInput> events =
                WatchTopic.of(
                        config,
                        config.topics().checkpoints(),
                        "To evaluate the versions that the topic holds now, submit the job without --from; it"
                                + " goes on behind the newest evaluation of the run",
                        WatchCheckpoints.of(
                                config.flink(),
                                source(env, config, config.topics().checkpoints(), "checkpoints")));

        SingleOutputStreamOperator<KafkaInput> images =
                source(env, config, config.topics().holdout(), "holdout");

        String submission = RunClaim.newSubmission();
        String run = KilnJob.EVALUATION.flinkName(config);
        events.connect(images)
                .keyBy(event -> run, image -> run, Types.STRING)
                .process(new EvaluateVersions(config, submission))
                .name("EvaluateVersions")
                .uid("evaluate-versions")
                .sinkTo(evaluations(config, submission))
                .name("evaluations")
                .uid("evaluations");
    }

    /**
     * All that the topic holds, whatever offsets were committed. What retention deleted before it
     * was read is passed over: a set of images lacks nothing without it.
     */
    private static SingleOutputStreamOperator<KafkaInput> source(
            StreamExecutionEnvironment env, KilnConfig config, String topic, String name) {
        return env.fromSource(
                        KafkaSource.<KafkaInput>builder()
                                .setTopics(topic)
                                .setGroupId(KilnJob.EVALUATION.group(config))
                                .setStartingOffsets(OffsetsInitializer.earliest())
                                .setDeserializer(new KafkaInputDeserializer())
                                .setProperties(Clients.source(config))
                                .build(),
                        WatermarkStrategy.noWatermarks(),
                        name)
                .uid(name);
    }

    private static ExactlyOnceSink<EvaluationMessage> evaluations(
            KilnConfig config, String submission) {
        return ExactlyOnceSink.of(
                        config,
                        EvaluationClaim.transactions(config),
                        new EvaluationSchema(config.topics().evaluations()))
                .guardedBy(new EvaluationClaim(config, submission));
    }

    private static void requireImages(KilnConfig config) {
        EvaluationConfig evaluation = config.evaluation();
        if (!evaluation.holdsOut()) {
            throw new ConfigException(
                    "evaluation.holdoutShare: 0 holds out no images to evaluate versions on;"
                            + " expected more, such as 0.01, for the masking job and this one");
        }
        InputConfig input = config.input();
        long image = (long) input.patches() * input.patchBytes();
        int ofEras = evaluation.eraImages() > 0 ? Eras.MOST_IMAGES : 0;
        long images = (long) evaluation.anchors() + evaluation.recent() + ofEras;
        if (images * image > MAX_IMAGE_BYTES) {
            throw new ConfigException(
                    "evaluation.anchors and evaluation.recent: "
                            + images
                            + " images, those of eras included, take "
                            + images * image
                            + " bytes of state, but "
                            + MAX_IMAGE_BYTES
                            + " are allowed; expected at most "
                            + MAX_IMAGE_BYTES / image
                            + " images");
        }
    }
}
