package io.kiln.training.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeenOffsetsTest {
    private static final List<Integer> PARTITIONS = List.of(0, 2);

    @Test
    void aPartitionThatNeverHadItsTurnWasAdded() {
        SeenOffsets seen = new SeenOffsets();
        seen.add("images", 0, 5, 9);
        seen.add("batches", 0, 0);
        assertThat(seen.added("batches", PARTITIONS)).as("its turn is next").isEmpty();
        seen.add("batches", 0, 1);
        assertThat(seen.added("batches", PARTITIONS)).containsExactly(2);
        seen.add("batches", 2, 0);
        assertThat(seen.added("batches", PARTITIONS)).isEmpty();
    }
}
