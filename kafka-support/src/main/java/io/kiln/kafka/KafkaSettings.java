package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.Topic;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Properties of the Kafka clients inside the jobs, with room for the largest records. */
public final class KafkaSettings {
    private KafkaSettings() {}

    /** Of a source: committed records only, one large record at a time if need be. */
    public static Properties consumer(KilnConfig config) {
        Properties properties = common(config);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                Integer.toString(Topic.MAX_RECORD_BYTES));
        properties.put(
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                Integer.toString(2 * Topic.MAX_RECORD_BYTES));
        return properties;
    }

    /** Of an exactly-once sink. */
    public static Properties producer(KilnConfig config) {
        Properties properties = common(config);
        properties.put(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                Long.toString(config.flink().transactionTimeout().toMillis()));
        properties.put(
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                Integer.toString(Topic.MAX_DEAD_LETTER_BYTES));
        properties.put(
                ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(4 * Topic.MAX_RECORD_BYTES));
        return properties;
    }

    private static Properties common(KilnConfig config) {
        Properties properties = new Properties();
        properties.putAll(config.kafka().properties());
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.kafka().bootstrapServers());
        return properties;
    }

    /** The registry of a configuration. */
    public static SchemaRegistry registry(KilnConfig config) {
        return new SchemaRegistry(config.registry().url(), config.registry().connectTimeout());
    }
}
