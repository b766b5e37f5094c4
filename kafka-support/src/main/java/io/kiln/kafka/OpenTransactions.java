package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Transactions that are open on topics. Readers of committed records see nothing behind the first
 * of them, so what a topic holds cannot be told before they end.
 */
public final class OpenTransactions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenTransactions.class);
    private static final long POLL_MILLIS = 100;
    private static final long NANOS_BETWEEN_MESSAGES = TimeUnit.SECONDS.toNanos(10);
    private static final Set<TransactionState> UNDER_WAY =
            Set.of(
                    TransactionState.ONGOING,
                    TransactionState.PREPARE_COMMIT,
                    TransactionState.PREPARE_ABORT,
                    TransactionState.PREPARE_EPOCH_FENCE);

    private record Begun(TopicPartition partition, long producerId, long offset) {}

    private final KilnConfig config;
    private final Admin admin;
    private final List<Pattern> own;

    /**
     * @param prefixes of the transactional ids of this run's sinks, its own transactions
     */
    public OpenTransactions(KilnConfig config, List<String> prefixes) {
        this.config = config;
        this.admin = Clients.admin(config);
        this.own =
                prefixes.stream()
                        .map(prefix -> Pattern.compile(Pattern.quote(prefix) + "-\\d+-(\\d+)"))
                        .toList();
    }

    /**
     * Waits until the transactions of others that are open now have ended. Kafka itself ends one
     * whose producer is dead, after its time-out.
     */
    public void awaitOthers(Collection<TopicPartition> partitions) {
        Set<Begun> awaited = others(partitions);
        long told = System.nanoTime();
        while (!awaited.isEmpty()) {
            if (System.nanoTime() - told > NANOS_BETWEEN_MESSAGES) {
                told = System.nanoTime();
                LOG.warn(
                        "waiting until Kafka ends transactions that another producer left open, because they hide"
                                + " what has been committed behind them: {}. kafka-transactions.sh can abort them",
                        awaited);
            }
            pause();
            awaited.retainAll(others(partitions));
        }
    }

    private Set<Begun> others(Collection<TopicPartition> partitions) {
        Set<Long> ownProducers = producers(ownUnderWay(0));
        Set<Begun> begun = new HashSet<>(begun(partitions));
        begun.removeIf(transaction -> ownProducers.contains(transaction.producerId()));
        return begun;
    }

    /**
     * Waits until what a producer has committed is seen. Brokers acknowledge a commit before they
     * have told each partition of it; this takes them milliseconds while all of them live.
     */
    public static void awaitCommitted(KilnConfig config, String transactionalId) {
        long deadline = System.nanoTime() + config.kafka().connectTimeout().toNanos();
        try (Admin admin = Clients.admin(config)) {
            while (state(config, admin, transactionalId) == TransactionState.PREPARE_COMMIT
                    && System.nanoTime() < deadline) {
                pause();
            }
        }
    }

    private static TransactionState state(KilnConfig config, Admin admin, String transactionalId) {
        return Clients.answer(
                        admin.describeTransactions(List.of(transactionalId))
                                .description(transactionalId),
                        config)
                .state();
    }

    /** First offset of the first own transaction that is open, by partition that has one. */
    public Map<TopicPartition, Long> ownBegins(Collection<TopicPartition> partitions) {
        Set<Long> ownProducers = producers(ownUnderWay(0));
        Map<TopicPartition, Long> begins = new HashMap<>();
        for (Begun transaction : begun(partitions)) {
            if (ownProducers.contains(transaction.producerId())) {
                begins.merge(transaction.partition(), transaction.offset(), Math::min);
            }
        }
        return begins;
    }

    /**
     * Ends the own transactions that are open and begun after a checkpoint, so that nothing in them
     * becomes visible.
     *
     * @param checkpoint whose transactions, and those of earlier ones, a job that goes on from it
     *     has yet to commit; 0 at a start without state
     */
    public void abortOwnAfter(long checkpoint) {
        List<TransactionListing> open = ownUnderWay(checkpoint);
        while (!open.isEmpty()) {
            List<String> ids = open.stream().map(TransactionListing::transactionalId).toList();
            LOG.info("ending transactions that an earlier attempt left open: {}", ids);
            Clients.answer(admin.fenceProducers(ids).all(), config);
            pause();
            open = ownUnderWay(checkpoint);
        }
    }

    private List<TransactionListing> ownUnderWay(long after) {
        return Clients.answer(
                        admin.listTransactions(
                                        new ListTransactionsOptions().filterStates(UNDER_WAY))
                                .all(),
                        config)
                .stream()
                .filter(listing -> isOwn(listing.transactionalId(), after))
                .toList();
    }

    /** Flink's sinks name a transaction by prefix, subtask and the checkpoint it belongs to. */
    private boolean isOwn(String id, long after) {
        return own.stream()
                .map(pattern -> pattern.matcher(id))
                .anyMatch(ids -> ids.matches() && Long.parseLong(ids.group(1)) > after);
    }

    private static Set<Long> producers(List<TransactionListing> listings) {
        return listings.stream().map(TransactionListing::producerId).collect(Collectors.toSet());
    }

    private List<Begun> begun(Collection<TopicPartition> partitions) {
        return Clients.answer(admin.describeProducers(partitions).all(), config).entrySet().stream()
                .flatMap(
                        entry ->
                                entry.getValue().activeProducers().stream()
                                        .filter(p -> p.currentTransactionStartOffset().isPresent())
                                        .map(producer -> begun(entry.getKey(), producer)))
                .toList();
    }

    private static Begun begun(TopicPartition partition, ProducerState producer) {
        return new Begun(
                partition,
                producer.producerId(),
                producer.currentTransactionStartOffset().getAsLong());
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException("interrupted while transactions were open", e);
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
