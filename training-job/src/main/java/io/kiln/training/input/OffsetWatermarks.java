package io.kiln.training.input;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import java.time.Duration;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.source.reader.SourceReaderOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * Keeps the partitions of a trainer together. Each partition's watermark is the number of its
 * batches that have been read, and Flink's watermark alignment pauses a partition whose watermark
 * is too far ahead of the others. Without it, batches that arrive early would fill memory and state
 * ({@link RoundRobin}).
 */
public final class OffsetWatermarks implements WatermarkGenerator<BatchInput> {
    /** Batches that a partition may be ahead of the slowest one, as milliseconds of event time. */
    private static final Duration MAX_DRIFT = Duration.ofMillis(4);

    /** How often Flink compares the watermarks. */
    private static final Duration UPDATE_INTERVAL = Duration.ofMillis(50);

    /** Batches fetched at once: Flink cannot pause what has been handed over to it. */
    private static final int MAX_POLL_RECORDS = 4;

    private long read;

    private OffsetWatermarks() {}

    /** Watermarks of the partitions that a trainer reads; none if it reads a single one. */
    public static WatermarkStrategy<BatchInput> aligned(KilnConfig config) {
        if (config.topics().partitionsPerTrainer() == 1) {
            return WatermarkStrategy.noWatermarks();
        }
        return WatermarkStrategy.<BatchInput>forGenerator(context -> new OffsetWatermarks())
                .withWatermarkAlignment("sparse-batches", MAX_DRIFT, UPDATE_INTERVAL);
    }

    /** Properties of the source, with which pausing a partition takes effect soon. */
    public static Properties source(KilnConfig config) {
        Properties properties = Clients.source(config);
        if (config.topics().partitionsPerTrainer() > 1) {
            properties.put(
                    ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(MAX_POLL_RECORDS));
            properties.put(SourceReaderOptions.ELEMENT_QUEUE_CAPACITY.key(), "1");
        }
        return properties;
    }

    @Override
    public void onEvent(BatchInput batch, long timestamp, WatermarkOutput output) {
        read++;
        output.emitWatermark(new Watermark(read));
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        output.emitWatermark(new Watermark(read));
    }
}
