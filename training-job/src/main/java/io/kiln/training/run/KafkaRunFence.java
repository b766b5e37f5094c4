package io.kiln.training.run;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.training.input.TrainerPartitions;
import io.kiln.training.state.RunProgress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The right to a run, kept by Kafka. Each run has a transactional id of its own, and the broker
 * fences all producers of an id but the newest. A producer learns of it when it commits. Its
 * transactions commit how far the run has come as offsets of a consumer group, so they write no
 * record.
 *
 * <p>The transactional ids of Flink's sinks cannot do this: they contain the number of a
 * checkpoint, and two jobs may use different numbers.
 */
public final class KafkaRunFence implements RunFence {
    private final KilnConfig config;
    private final String name;
    private final RunTopics topics;
    private final long firstVersion;
    private final Map<TopicPartition, Long> firstTrained;
    private final KafkaProducer<byte[], byte[]> producer;
    private boolean published;

    private KafkaRunFence(KilnConfig config, RunTopics topics, RunProgress progress) {
        this.config = config;
        this.firstVersion = progress.version();
        this.firstTrained = trained(progress);
        this.name = "kiln-trainer-" + config.model().name() + "-" + config.training().runId();
        this.topics = topics;
        Properties properties = Clients.sink(config);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, name);
        this.producer =
                new KafkaProducer<>(
                        properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** See {@link RunFence.Source}. */
    public static RunFence take(KilnConfig config, RunProgress progress) {
        RunTopics topics = new RunTopics(config);
        KafkaRunFence fence = new KafkaRunFence(config, topics, progress);
        try {
            topics.requireNothingDeletedBehind(fence.taken(progress));
            fence.requireNothingLater(); // before initTransactions fences the trainer that is ahead
            fence.producer.initTransactions();
            return fence;
        } catch (RuntimeException e) {
            fence.close();
            throw e;
        }
    }

    private void requireNothingLater() {
        topics.requireNothingLater(firstVersion, firstTrained);
    }

    private Map<TopicPartition, Long> trained(RunProgress progress) {
        String topic = config.topics().sparseBatches();
        return TrainerPartitions.each(config, partition -> progress.seen().last(topic, partition));
    }

    private Map<TopicPartition, Long> taken(RunProgress progress) {
        String topic = config.topics().sparseBatches();
        return TrainerPartitions.each(
                config,
                partition ->
                        Math.max(
                                progress.seen().last(topic, partition),
                                progress.order().last(partition)));
    }

    @Override
    public void require(RunProgress progress) {
        if (!published) {
            requireNothingLater(); // what the trainer before had under way may have become visible
        }
        try {
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(next(progress), new ConsumerGroupMetadata(name));
            producer.commitTransaction();
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            throw takenByAnother();
        } catch (KafkaException e) {
            if (e.getCause() instanceof ProducerFencedException
                    || e.getCause() instanceof InvalidProducerEpochException) {
                throw takenByAnother();
            }
            throw e;
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> next(RunProgress progress) {
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        trained(progress)
                .forEach((partition, last) -> next.put(partition, new OffsetAndMetadata(last + 1)));
        return next;
    }

    private NonRecoverableJobException takenByAnother() {
        return new NonRecoverableJobException(
                "another trainer of run "
                        + config.training().runId()
                        + " of model "
                        + config.model().name()
                        + " has started since, so this one stops and publishes nothing more. If the other one was a"
                        + " mistake, cancel it and submit this job again from its last checkpoint");
    }

    @Override
    public void published() {
        published = true;
    }

    @Override
    public void close() {
        topics.close();
        producer.close(Duration.ZERO);
    }
}
