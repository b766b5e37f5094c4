package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
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
 * Whose a run is. Of all jobs that were submitted for a run, the one that claimed it last owns it;
 * the others stop for good. A job that restarts keeps its claim, and does not take the run back
 * from a job that was submitted later.
 *
 * <p>Kafka keeps the owners, as metadata of an offset of a consumer group that has no members. They
 * are replaced in a transaction. Its transactional id admits one writer at a time, so nobody can
 * replace them between a look and the replacement that rests on it.
 */
public final class RunClaim implements AutoCloseable {
    /** Brokers forget offsets of groups without members, after a week if not told otherwise. */
    private static final long NANOS_BETWEEN_RENEWALS = TimeUnit.MINUTES.toNanos(5);

    private final String name;
    private final String job;
    private final String submission;
    private final TopicPartition place;
    private final Properties producer;
    private final KilnConfig config;
    private final Admin admin;
    private long written = System.nanoTime();

    /**
     * @param name of the claim, made by {@link Identifiers}
     * @param topic to whose first partition the offset belongs
     * @param job what claims, for messages, such as "trainer of run r of model m"
     * @param submission identity of the submitted job, made by {@link #newSubmission}
     */
    public RunClaim(KilnConfig config, String name, String topic, String job, String submission) {
        this.name = name;
        this.job = job;
        this.submission = submission;
        this.place = new TopicPartition(topic, 0);
        this.producer = Clients.sink(config);
        this.producer.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, name);
        this.config = config;
        this.admin = Clients.admin(config);
    }

    /** The identity of a job, made when it is defined, so that its restarts share it. */
    public static String newSubmission() {
        return UUID.randomUUID().toString();
    }

    /**
     * The owners now.
     *
     * @throws io.kiln.schemas.BrokerException if no broker answers
     */
    public RunOwners owners() {
        OffsetAndMetadata found =
                Clients.answer(
                                admin.listConsumerGroupOffsets(
                                                name,
                                                new ListConsumerGroupOffsetsOptions()
                                                        .requireStable(true))
                                        .partitionsToOffsetAndMetadata(),
                                config)
                        .get(place);
        return RunOwners.parse(found == null ? null : found.metadata());
    }

    /**
     * Replaces the owners.
     *
     * @param token what this job notes beside its claim
     * @return whether it did; not if they are others than those expected
     */
    public boolean replace(RunOwners expected, String token) {
        try (KafkaProducer<byte[], byte[]> writer =
                new KafkaProducer<>(
                        producer, new ByteArraySerializer(), new ByteArraySerializer())) {
            writer.initTransactions(); // others that were about to replace the owners cannot now
            if (!owners().equals(expected)) {
                return false;
            }
            String owners = expected.then(submission, token).metadata();
            writer.beginTransaction();
            writer.sendOffsetsToTransaction(
                    Map.of(place, new OffsetAndMetadata(0, Optional.empty(), owners)),
                    new ConsumerGroupMetadata(name));
            writer.commitTransaction();
            written = System.nanoTime();
            return true;
        } catch (ProducerFencedException | InvalidProducerEpochException e) {
            return false;
        } catch (KafkaException e) {
            if (isFenced(e)) {
                return false;
            }
            throw e;
        }
    }

    private static boolean isFenced(KafkaException e) {
        return e.getCause() instanceof ProducerFencedException
                || e.getCause() instanceof InvalidProducerEpochException;
    }

    /**
     * Requires that this job has the run. If the broker has lost the owners, nobody else has it.
     *
     * @return the owners
     * @throws NonRecoverableJobException if another job has claimed it since
     */
    public RunOwners require() {
        RunOwners owners = owners();
        if (!owners.isOwner(submission) && !owners.submissions().isEmpty()) {
            throw superseded();
        }
        return owners;
    }

    /**
     * Requires that this job has the run, and now and then renews its claim.
     *
     * @param token what it has noted
     * @return the owners
     * @throws NonRecoverableJobException if another job has claimed it since
     */
    public RunOwners renew(String token) {
        RunOwners owners = require();
        boolean lost = owners.submissions().isEmpty();
        if (lost || System.nanoTime() - written > NANOS_BETWEEN_RENEWALS) {
            replace(owners, lost ? token : owners.token());
            return require();
        }
        return owners;
    }

    /**
     * Requires that no other job has claimed the run after this one did.
     *
     * @throws NonRecoverableJobException if one has
     */
    public void requireNotSuperseded(RunOwners owners) {
        if (owners.isSuperseded(submission)) {
            throw superseded();
        }
    }

    private NonRecoverableJobException superseded() {
        return new NonRecoverableJobException(
                "another "
                        + job
                        + " has started since, so this one stops and publishes nothing more. If the other"
                        + " one was a mistake, cancel it and submit this job again from its last checkpoint");
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
