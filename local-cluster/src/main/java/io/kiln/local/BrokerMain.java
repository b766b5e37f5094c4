package io.kiln.local;

import java.nio.file.Files;
import java.nio.file.Path;

/** Main class of the broker's process: formats an empty data folder, then runs Kafka. */
final class BrokerMain {
    private BrokerMain() {}

    public static void main(String[] args) {
        String properties = args[0];
        Path data = Path.of(args[1]);
        if (!Files.exists(data.resolve("meta.properties"))) {
            String[] format = {
                "format",
                "--standalone",
                "--cluster-id",
                org.apache.kafka.common.Uuid.randomUuid().toString(),
                "--config",
                properties
            };
            int code = kafka.tools.StorageTool.execute(format, System.out);
            if (code != 0) {
                System.exit(code);
            }
        }
        kafka.Kafka.main(new String[] {properties});
    }
}
