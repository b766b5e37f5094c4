package io.kiln.masking.job;

import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.ExactlyOnceSink;
import io.kiln.kafka.GaplessSource;
import io.kiln.kafka.Identifiers;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.RunClaim;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.sampling.MaskingPlan;
import java.util.List;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/** The job's source and sinks in Kafka. */
final class KafkaConnectors {
    /** How to go on when images are missing, or the topic is another one. */
    static final String BEGIN_ANEW =
            "To mask what the topic holds now, start without state (without --from), and with another"
                    + " topics.sparseBatches, or with masking.again=true, which masks once more what is in"
                    + " batches already";

    /**
     * Bytes fetched from one partition before the next has its turn; a larger record comes alone.
     * With larger fetches, other partitions would wait for seconds while the images of one are
     * decoded.
     */
    private static final int FETCH_BYTES = 1 << 20;

    private final KilnConfig config;
    private final TopicsConfig topics;
    private final MaskingPlan plan;
    private final String submission = RunClaim.newSubmission();

    KafkaConnectors(KilnConfig config, MaskingPlan plan) {
        this.config = config;
        this.topics = config.topics();
        this.plan = plan;
    }

    /**
     * All images from the earliest one that the topic still holds, whatever offsets were committed:
     * a job that starts without state has masked nothing. It commits offsets so that its lag can be
     * watched.
     */
    GaplessSource<ImageInput> images() {
        return GaplessSource.of(
                config,
                topics.images(),
                KafkaSource.<ImageInput>builder()
                        .setTopics(topics.images())
                        .setGroupId(KilnJob.MASKING.group(config))
                        .setDeserializer(new ImageInputSchema())
                        .setProperties(Clients.source(config))
                        .setProperty(
                                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                                Integer.toString(FETCH_BYTES)),
                BEGIN_ANEW);
    }

    ExactlyOnceSink<ViewBatch> sparseBatches() {
        MaskingClaim claim = claim(true);
        return ExactlyOnceSink.of(
                        config,
                        transactions("kiln-sparse-batches"),
                        new SparseBatchSchema(topics, plan, Clients.registry(config), claim))
                .guardedBy(claim);
    }

    ExactlyOnceSink<DeadLetter> deadLetters() {
        return ExactlyOnceSink.of(
                        config,
                        transactions("kiln-dead-letters"),
                        new DeadLetterSchema(topics.deadLetters()))
                .guardedBy(claim(false));
    }

    ExactlyOnceSink<MaskedImage> heldOut() {
        return ExactlyOnceSink.of(
                        config,
                        transactions("kiln-holdout"),
                        new HeldOutSchema(topics.holdout(), plan, Clients.registry(config)))
                .guardedBy(claim(false));
    }

    private MaskingClaim claim(boolean ofBatches) {
        List<String> prefixes =
                List.of(
                        transactions("kiln-sparse-batches"),
                        transactions("kiln-dead-letters"),
                        transactions("kiln-holdout"));
        return new MaskingClaim(config, prefixes, submission, ofBatches);
    }

    /** The topic of batches tells the transactions of two pipelines on the same brokers apart. */
    private String transactions(String sink) {
        return Identifiers.of(sink, topics.sparseBatches());
    }
}
