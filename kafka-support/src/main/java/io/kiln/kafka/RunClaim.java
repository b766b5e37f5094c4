package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

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

    /**
     * After which the broker aborts a replacement that nobody finishes. Whoever looks at the owners
     * waits for it. If its writer was killed, nobody else would abort it, since all look first.
     */
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(10);

    private static final long POLL_MILLIS = 50;

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
        this.producer = producer(config, name);
        this.config = config;
        this.admin = Clients.admin(config);
    }

    /** What replaces the owners; another one with the same name ends it. */
    static Properties producer(KilnConfig config, String name) {
        Properties properties = Clients.sink(config);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, name);
        properties.put(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                Long.toString(TRANSACTION_TIMEOUT.toMillis()));
        return properties;
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
        Map<TopicPartition, OffsetAndMetadata> found = offsets();
        while (!found.containsKey(place)) { // a replacement is being committed
            pause();
            found = offsets();
        }
        OffsetAndMetadata offset = found.get(place);
        return RunOwners.parse(offset == null ? null : offset.metadata());
    }

    /** With null where the group has none, and without what is being committed. */
    private Map<TopicPartition, OffsetAndMetadata> offsets() {
        ListConsumerGroupOffsetsSpec wanted =
                new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(place));
        ListConsumerGroupOffsetsOptions stable =
                new ListConsumerGroupOffsetsOptions().requireStable(true);
        return Clients.answer(
                admin.listConsumerGroupOffsets(Map.of(name, wanted), stable)
                        .partitionsToOffsetAndMetadata(name),
                config);
    }

    /**
     * Takes the run, unless this job has it. It does so in two steps: while the claim is not
     * decided, the owner before waits and publishes nothing, and goes on if this job is refused.
     *
     * @param check throws NonRecoverableJobException if this job must not claim the run
     * @param decide the same once the owner before waits; returns what to note beside the claim, a
     *     word
     * @throws NonRecoverableJobException if one of them does, or if a job that was submitted later
     *     has the run
     */
    public void take(Runnable check, Supplier<String> decide) {
        RunOwners owners = decidedOwners();
        while (!owners.isOwner(submission)) {
            check.run();
            replace(owners, owners.claimedBy(submission));
            owners = decidedOwners();
        }
        String token = decide(decide);
        while (!(owners.isOwner(submission) && owners.token().equals(token))) {
            replace(owners, owners.then(submission, token));
            owners = decidedOwners();
        }
    }

    private String decide(Supplier<String> decision) {
        try {
            return decision.get();
        } catch (NonRecoverableJobException e) {
            RunOwners owners = owners();
            if (owners.isOwner(submission) && owners.isUndecided()) {
                replace(owners, owners.decided());
            }
            throw e;
        }
    }

    /**
     * The owners, once it is decided whether another job takes the run from this one.
     *
     * @throws NonRecoverableJobException if it does
     */
    public RunOwners decidedOwners() {
        RunOwners owners = owners();
        while (owners.isSuperseded(submission)) {
            if (!owners.isUndecided() || !owners.decided().isOwner(submission)) {
                throw superseded();
            }
            pause();
            owners = owners();
        }
        return owners;
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException("interrupted while another job claimed the run", e);
        }
    }

    /** Replaces the owners if they are those expected; the caller looks again. */
    private void replace(RunOwners expected, RunOwners next) {
        try (KafkaProducer<byte[], byte[]> writer =
                new KafkaProducer<>(
                        producer, new ByteArraySerializer(), new ByteArraySerializer())) {
            writer.initTransactions(); // others that were about to replace the owners cannot now
            if (!owners().equals(expected)) {
                return;
            }
            writer.beginTransaction();
            writer.sendOffsetsToTransaction(
                    Map.of(place, new OffsetAndMetadata(0, Optional.empty(), next.metadata())),
                    new ConsumerGroupMetadata(name));
            writer.commitTransaction();
            written = System.nanoTime();
        } catch (KafkaException e) {
            if (!hasReplacedNothing(e) && !hasReplacedNothing(e.getCause())) {
                throw Clients.refused(config, e, "transactional id " + name);
            }
        }
    }

    /** Whether another writer has begun, or the broker has aborted what took too long. */
    private static boolean hasReplacedNothing(@Nullable Throwable e) {
        return e instanceof ProducerFencedException
                || e instanceof InvalidProducerEpochException
                || e instanceof TransactionAbortableException;
    }

    /**
     * Requires that this job has the run. If the broker has lost the owners, nobody else has it.
     *
     * @return the owners
     * @throws NonRecoverableJobException if another job has claimed it since
     */
    public RunOwners require() {
        RunOwners owners = decidedOwners();
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
            replace(owners, owners.then(submission, lost ? token : owners.token()));
            return require();
        }
        return owners;
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
