package io.kiln.training.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.kafka.NonRecoverableJobException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundRobinTest {
    private static final List<Integer> PARTITIONS = List.of(0, 2, 4);

    private static BatchInput batch(int partition, long offset) {
        return new BatchInput(
                "sparse-batches", partition, offset, new byte[] {(byte) partition, (byte) offset});
    }

    private static List<String> all(RoundRobin roundRobin) {
        List<String> order = new ArrayList<>();
        for (BatchInput next = roundRobin.next(); next != null; next = roundRobin.next()) {
            order.add(next.partition() + "@" + next.offset());
        }
        return order;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void orderIsThatOfTheTurnsHoweverBatchesCome(long seed) {
        List<Integer> arrivals = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            arrivals.addAll(PARTITIONS);
        }
        Collections.shuffle(arrivals, new Random(seed));
        RoundRobin roundRobin = new RoundRobin(PARTITIONS);
        List<String> order = new ArrayList<>();
        long[] offsets = new long[5];
        for (int partition : arrivals) {
            roundRobin.add(batch(partition, offsets[partition]++));
            order.addAll(all(roundRobin));
        }
        List<String> expected = new ArrayList<>();
        for (int offset = 0; offset < 5; offset++) {
            for (int partition : PARTITIONS) {
                expected.add(partition + "@" + offset);
            }
        }
        assertThat(order).isEqualTo(expected);
        assertThat(roundRobin.waiting()).isZero();
    }

    @Test
    void afterTheEndPartitionsWithoutBatchesArePassedOver() {
        RoundRobin roundRobin = new RoundRobin(PARTITIONS);
        roundRobin.add(batch(2, 0));
        roundRobin.add(batch(2, 1));
        roundRobin.add(batch(4, 0));
        assertThat(roundRobin.next()).isNull();
        assertThat(roundRobin.nextPartition()).isZero();
        List<String> order = new ArrayList<>();
        for (BatchInput next = roundRobin.nextAfterTheEnd();
                next != null;
                next = roundRobin.nextAfterTheEnd()) {
            order.add(next.partition() + "@" + next.offset());
        }
        assertThat(order).containsExactly("2@0", "4@0", "2@1");
    }

    private static RoundRobin again(RoundRobin roundRobin, List<Integer> partitions)
            throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        roundRobin.write(new DataOutputStream(bytes), List.of());
        return RoundRobin.read(
                new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), partitions);
    }

    private static RoundRobin waiting() {
        RoundRobin roundRobin = new RoundRobin(PARTITIONS);
        roundRobin.add(batch(0, 7));
        roundRobin.add(batch(4, 8));
        roundRobin.add(batch(4, 9));
        assertThat(roundRobin.next()).isNotNull();
        return roundRobin;
    }

    @Test
    void whatWaitsAndWhoseTurnItIsAreRestored() throws IOException {
        RoundRobin restored = again(waiting(), PARTITIONS);
        assertThat(restored.nextPartition()).isEqualTo(2);
        assertThat(restored.last(4)).isEqualTo(9);
        assertThat(restored.last(2)).isEqualTo(-1);
        restored.add(batch(2, 5));
        assertThat(all(restored)).containsExactly("2@5", "4@8");
    }

    @Test
    void partitionsMayBecomeMoreButNotFewer() throws IOException {
        RoundRobin more = again(waiting(), List.of(0, 2, 4, 6));
        assertThat(more.waiting()).isEqualTo(2);
        assertThatThrownBy(() -> again(waiting(), List.of(0, 2)))
                .isInstanceOf(NonRecoverableJobException.class)
                .cause()
                .hasMessageContaining("topics.partitionsPerTrainer may grow, but not shrink");
        assertThatThrownBy(() -> again(waiting(), List.of(0)))
                .isInstanceOf(NonRecoverableJobException.class);
    }

    @Test
    void batchesOfOtherPartitionsAreRefused() {
        assertThatThrownBy(() -> new RoundRobin(PARTITIONS).add(batch(1, 0)))
                .hasMessageContaining("partition 1 came; expected one of [0, 2, 4]");
    }
}
