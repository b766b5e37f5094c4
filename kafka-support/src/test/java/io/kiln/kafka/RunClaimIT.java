package io.kiln.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.kiln.config.KilnConfig;
import io.kiln.local.LocalBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Claims of several jobs, kept by a real broker. */
@Timeout(120)
class RunClaimIT {
    private static final Runnable ADMITTED = () -> {};
    private static final Duration WHILE = Duration.ofSeconds(2);

    @TempDir static Path directory;

    private static LocalBroker broker;
    private static KilnConfig config;

    @BeforeAll
    static void start() throws Exception {
        broker = LocalBroker.start(directory);
        config =
                KilnConfig.parse(
                        "", List.of("kafka.bootstrapServers=" + broker.bootstrapServers()));
        try (Admin admin = Admin.create(Clients.properties(config))) {
            admin.createTopics(List.of(new NewTopic("topic", 1, (short) 1))).all().get();
        }
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RunClaim claim(String run, String job) {
        return new RunClaim(config, run, "topic", "job of " + run, job);
    }

    @Test
    void jobThatIsRefusedOnceItHasClaimedHandsTheRunBack() {
        try (RunClaim first = claim("back", "first");
                RunClaim second = claim("back", "second")) {
            first.take(ADMITTED, () -> "note");
            CompletableFuture<RunOwners> waiting = new CompletableFuture<>();
            assertThatThrownBy(
                            () ->
                                    second.take(
                                            ADMITTED,
                                            () -> {
                                                waiting.completeAsync(first::require);
                                                await().during(WHILE)
                                                        .until(() -> !waiting.isDone());
                                                throw new NonRecoverableJobException("further");
                                            }))
                    .isInstanceOf(NonRecoverableJobException.class);
            assertThat(waiting.join().token()).isEqualTo("note");
            assertThat(first.require().submissions()).containsExactly("first");
        }
    }

    @Test
    void jobThatIsRefusedBeforeItClaimsLeavesTheOwnerAlone() {
        try (RunClaim first = claim("alone", "first");
                RunClaim second = claim("alone", "second")) {
            first.take(ADMITTED, () -> "note");
            assertThatThrownBy(
                            () ->
                                    second.take(
                                            () -> {
                                                throw new NonRecoverableJobException("further");
                                            },
                                            () -> "other"))
                    .isInstanceOf(NonRecoverableJobException.class);
            assertThat(first.owners().submissions()).containsExactly("first");
        }
    }

    @Test
    void ofManyThatClaimAtOnceOneOwnsTheRunAndTheOthersEnd() {
        List<RunClaim> claims =
                List.of("a", "b", "c", "d").stream().map(job -> claim("many", job)).toList();
        List<CompletableFuture<Void>> taken =
                claims.stream()
                        .map(
                                claim ->
                                        CompletableFuture.runAsync(
                                                () -> claim.take(ADMITTED, () -> "note")))
                        .toList();
        taken.forEach(future -> future.handle((nothing, failure) -> null).join());
        long owners =
                claims.stream()
                        .filter(
                                claim -> {
                                    try {
                                        claim.require();
                                        return true;
                                    } catch (NonRecoverableJobException e) {
                                        return false;
                                    }
                                })
                        .count();
        assertThat(owners).isEqualTo(1);
        claims.forEach(RunClaim::close);
    }

    @Test
    void writerThatWasKilledInTheMiddleHoldsUpNobodyForLong() {
        try (RunClaim first = claim("killed", "first");
                RunClaim second = claim("killed", "second")) {
            first.take(ADMITTED, () -> "note");
            KafkaProducer<byte[], byte[]> writer =
                    new KafkaProducer<>(
                            RunClaim.producer(config, "killed"),
                            new ByteArraySerializer(),
                            new ByteArraySerializer());
            writer.initTransactions();
            writer.beginTransaction();
            writer.sendOffsetsToTransaction(
                    Map.of(new TopicPartition("topic", 0), new OffsetAndMetadata(0, "lost")),
                    new ConsumerGroupMetadata("killed"));
            writer.close(Duration.ZERO); // neither commits nor aborts, as a kill does

            second.take(ADMITTED, () -> "other"); // within the time-out of the class
            assertThat(second.require().token()).isEqualTo("other");
            assertThatThrownBy(first::require).isInstanceOf(NonRecoverableJobException.class);
        }
    }
}
