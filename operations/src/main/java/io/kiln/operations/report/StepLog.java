package io.kiln.operations.report;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TopicReader.Extent;
import io.kiln.schemas.TrainingStep;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads the steps of all runs of a topic, those that came since the last time. */
final class StepLog implements AutoCloseable {
    private final TopicReader reader;
    private final String topic;
    private final RecordDeserializer<TrainingStep> deserializer;
    private final Map<TopicPartition, Long> next = new HashMap<>();

    /**
     * @param reader which this log closes
     */
    StepLog(KilnConfig config, TopicReader reader) {
        this.reader = reader;
        this.topic = config.topics().trainingSteps();
        this.deserializer =
                new RecordDeserializer<>(Clients.registry(config), TrainingStep.class, topic);
    }

    /** Hands over the steps that the topic holds now and did not hold the last time. */
    void update(BiConsumer<RunName, StepPoint> action) {
        Extent extent = reader.extent(topic).from(next);
        reader.read(extent, record -> read(record, action));
        next.putAll(extent.ends());
    }

    /** The next update begins with the first step again. */
    void rewind() {
        next.clear();
    }

    private void read(
            ConsumerRecord<byte[], byte[]> record, BiConsumer<RunName, StepPoint> action) {
        deserializer
                .readOrPassOver(record)
                .ifPresent(
                        step ->
                                action.accept(
                                        new RunName(step.getModel(), step.getRunId()),
                                        StepPoint.of(record, step)));
    }

    @Override
    public void close() {
        reader.close();
    }
}
