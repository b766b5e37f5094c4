package io.kiln.operations.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.TopicsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainerCountTest {
    private final TrainerCount count = new TrainerCount();

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 4", "2, 1", "2, 4", "3, 2", "4, 1", "4, 4", "64, 1"})
    void trainersAreToldByWhoseStepsFollowEachOther(int trainers, int partitionsOfEach) {
        for (long step = 1; step <= 16; step++) {
            for (int trainer = 0; trainer < trainers; trainer++) {
                count.add(partition(trainer, trainers, step, partitionsOfEach), step, false);
            }
        }
        assertThat(count.trainers()).isEqualTo(trainers);
    }

    private static int partition(int trainer, int trainers, long step, int partitionsOfEach) {
        int partition = trainer + trainers * (int) (step % partitionsOfEach);
        assertThat(TopicsConfig.trainerOf(partition, trainers)).isEqualTo(trainer);
        return partition;
    }

    @Test
    void trainersMayBeARoundApartAndSkipBatches() {
        for (int trainer : new int[] {0, 2, 1}) {
            count.add(trainer, 7, false); // older steps have been deleted
            count.add(trainer, 7, true);
            for (long step = 8; step <= 16; step++) {
                count.add(trainer, step, false);
            }
        }
        assertThat(count.trainers()).isEqualTo(3);
    }

    @Test
    void aStepTakenTwiceMakesNoOtherTrainer() {
        for (long step = 1; step <= 40; step++) {
            count.add((int) (step % 4), step, false);
            if (step == 20) {
                count.add(1, step, false);
            }
        }
        assertThat(count.trainers()).isEqualTo(1);
    }

    @Test
    void withoutStepsItIsOne() {
        assertThat(count.trainers()).isEqualTo(1);
    }
}
