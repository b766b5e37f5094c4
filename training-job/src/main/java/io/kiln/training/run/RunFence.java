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
 * One trainer's exclusive right to a run: a trainer that starts later takes it, and the earlier one
 * fails before it publishes anything more. Kafka keeps the right. Each run has a transactional id
 * of its own, and the broker fences all producers of an id but the newest. A producer learns of it
 * when it commits. Its transactions commit how far the run has come as offsets of a consumer group,
 * so they write no record.
 *
 * <p>The transactional ids of Flink's sinks cannot do this: they contain the number of a
 * checkpoint, and two jobs may use different numbers.
 */
public final class RunFence implements AutoCloseable {
    private final KilnConfig config;
    private final String name;
    private final RunTopics topics;
    private final long firstVersion;
    private final Map<TopicPartition, Long> firstTrained;
    private final KafkaProducer<byte[], byte[]> producer;
    private boolean published;

    private RunFence(KilnConfig config, RunTopics topics, RunProgress progress) {
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

    /**
     * Obtains the right, and takes it from the trainer that had it.
     *
     * @param progress of the run, as this trainer knows it
     * @throws NonRecoverableJobException if the run is further than that, or cannot go on from
     *     there
     */
    public static RunFence take(KilnConfig config, RunProgress progress) {
        RunTopics topics = new RunTopics(config);
        RunFence fence = new RunFence(config, topics, progress);
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

    /**
     * Requires that a run which starts without a state has published nothing. Called before {@link
     * #take}, and before Flink initialises the sinks: those abort all transactions of the run, also
     * of a trainer that is alive, whose steps would be lost.
     *
     * @throws NonRecoverableJobException if an event or a step of the run is committed
     */
    public static void requireNothingPublished(KilnConfig config) {
        try (RunTopics topics = new RunTopics(config)) {
            topics.requireNothingLater(0, TrainerPartitions.each(config, partition -> -1));
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

    /**
     * Requires that this trainer still has the right. Called before it publishes anything.
     *
     * @param progress of the run now
     * @throws NonRecoverableJobException if another trainer has taken the right
     */
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

    /** A checkpoint is complete: what this trainer published before it is visible now. */
    public void published() {
        published = true;
    }

    @Override
    public void close() {
        topics.close();
        producer.close(Duration.ZERO);
    }
}
