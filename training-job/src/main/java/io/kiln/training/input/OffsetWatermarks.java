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
 * How many batches of a partition have been read, told to Flink as a watermark, so that it stops
 * reading a partition that is too far ahead of the others (alignment of watermarks): batches that
 * have come before their turn are held in memory and in state ({@link RoundRobin}).
 */
public final class OffsetWatermarks implements WatermarkGenerator<BatchInput> {
    /** Batches that a partition may be ahead by when Flink looks, which it does this often. */
    private static final Duration AHEAD = Duration.ofMillis(4);

    private static final Duration LOOKS = Duration.ofMillis(50);

    /** Batches handed over at once: what has been handed over is not held back any more. */
    private static final int AT_ONCE = 4;

    private long read;

    private OffsetWatermarks() {}

    /** For the partitions that a trainer reads; one alone has nobody to wait for. */
    public static WatermarkStrategy<BatchInput> inStep(KilnConfig config) {
        if (config.topics().partitionsPerTrainer() == 1) {
            return WatermarkStrategy.noWatermarks();
        }
        return WatermarkStrategy.<BatchInput>forGenerator(context -> new OffsetWatermarks())
                .withWatermarkAlignment("sparse-batches", AHEAD, LOOKS);
    }

    /** Properties of the consumer, so that holding a partition back takes effect soon. */
    public static Properties consumer(KilnConfig config) {
        Properties properties = Clients.source(config);
        if (config.topics().partitionsPerTrainer() > 1) {
            properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(AT_ONCE));
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
