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
    /** Index of the trainer. */
    private static final int TRAINER = 0;

    private TrainerPartitions() {}

    /** The partitions, in round-robin order. */
    public static List<Integer> of(KilnConfig config) {
        TopicsConfig topics = config.topics();
        return IntStream.range(0, topics.partitionsPerTrainer())
                .mapToObj(index -> topics.batchPartition(TRAINER, index))
                .toList();
    }

    /**
     * A number for each partition.
     *
     * @param number gives the number of a partition
     */
    public static Map<TopicPartition, Long> each(KilnConfig config, IntToLongFunction number) {
        Map<TopicPartition, Long> numbers = new LinkedHashMap<>();
        for (int partition : of(config)) {
            numbers.put(
                    new TopicPartition(config.topics().sparseBatches(), partition),
                    number.applyAsLong(partition));
        }
        return numbers;
    }
}
