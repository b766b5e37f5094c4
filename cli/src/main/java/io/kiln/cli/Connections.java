package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.SchemaRegistry;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;

/** How clients reach what a configuration names. */
public final class Connections {
    private Connections() {}

    /** Properties of a Kafka client, to be added to. */
    public static Map<String, Object> properties(KilnConfig config) {
        Map<String, Object> properties = new HashMap<>(config.kafka().properties());
        properties.put(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.kafka().bootstrapServers());
        return properties;
    }

    /** The schema registry. */
    public static SchemaRegistry registry(KilnConfig config) {
        return new SchemaRegistry(config.registry().url(), config.registry().connectTimeout());
    }
}
