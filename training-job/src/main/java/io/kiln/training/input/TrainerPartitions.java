package io.kiln.training.input;

import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;

/** The partitions of sparse-batches that a trainer learns from. */
public final class TrainerPartitions {
    private TrainerPartitions() {}

    /**
     * The partitions, in round-robin order.
     *
     * @param trainer number of the trainer, from 0
     */
    public static List<Integer> of(KilnConfig config, int trainer) {
        TopicsConfig topics = config.topics();
        return IntStream.range(0, topics.partitionsPerTrainer())
                .mapToObj(index -> topics.batchPartition(trainer, index))
                .toList();
    }

    /**
     * A number for each partition of all trainers.
     *
     * @param number gives the number of a partition
     */
    public static Map<TopicPartition, Long> each(KilnConfig config, IntToLongFunction number) {
        Map<TopicPartition, Long> numbers = new LinkedHashMap<>();
        for (int partition = 0; partition < config.topics().batchPartitions(); partition++) {
            numbers.put(
                    new TopicPartition(config.topics().sparseBatches(), partition),
                    number.applyAsLong(partition));
        }
        return numbers;
    }
}
