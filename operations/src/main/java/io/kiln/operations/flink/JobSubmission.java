package io.kiln.operations.flink;

import io.kiln.config.ConfigKeys;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import io.kiln.operations.OperationException;
import io.kiln.operations.config.ConfigYaml;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A job that runs on a Flink cluster.
 *
 * @param id of the job
 * @param page address of the job in Flink's web interface
 */
public record JobSubmission(String id, String page) {
    /** Waits until the job runs on the cluster it was submitted to. */
    public JobStart start(KilnConfig config) {
        return new JobStart(new FlinkRest(config.flink().restUrl()), id);
    }

    /**
     * Uploads a jar to the cluster at flink.restUrl, starts it with a configuration, and deletes
     * the upload: the job has its own copy.
     *
     * @param config passed to the job in full, so that the cluster needs no configuration file
     * @param savepoint URI of the savepoint or checkpoint to start from
     * @throws OperationException if the jar cannot be read, no cluster answers, or the job does not
     *     start
     */
    public static JobSubmission submit(KilnConfig config, Path jar, Optional<String> savepoint) {
        String address = config.flink().restUrl();
        FlinkRest flink = new FlinkRest(address);
        List<String> arguments =
                List.of("--config-text", ConfigYaml.of(ConfigKeys.withSecrets(config)));
        String uploaded = flink.upload(jar);
        String id;
        try {
            id = flink.run(uploaded, arguments, savepoint.map(FolderUri::forFlink));
        } finally {
            flink.delete(uploaded);
        }
        return new JobSubmission(id, address + "/#/job/running/" + id + "/overview");
    }
}
