package io.kiln.kafka;

import io.kiln.config.ConfigKeys;
import io.kiln.config.FlinkConfig;
import io.kiln.config.FolderUri;
import io.kiln.config.KilnConfig;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Flink settings of all jobs: exactly-once checkpoints, which are kept when a job is cancelled, and
 * restarts of failed jobs.
 */
public final class JobSettings {
    private JobSettings() {}

    /**
     * Applies the configuration to an environment. Checkpoints go to a folder of the job's own, by
     * which they are found when the job is gone.
     */
    public static void apply(KilnJob job, KilnConfig kiln, StreamExecutionEnvironment env) {
        FlinkConfig config = kiln.flink();
        env.enableCheckpointing(
                config.checkpointInterval().toMillis(), CheckpointingMode.EXACTLY_ONCE);
        // Batches need the order of a partition. Records in an unaligned checkpoint may be
        // overtaken when the job is restored at another parallelism.
        env.getCheckpointConfig().enableUnalignedCheckpoints(false);
        env.getConfig().enableObjectReuse();
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, config.checkpointTimeout());
        settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE);
        settings.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        settings.set(PipelineOptions.GENERIC_TYPES, false); // a type that needs Kryo is an error
        String folder =
                config.checkpointDirectory().isEmpty()
                        ? env.getConfiguration()
                                .getOptional(CheckpointingOptions.CHECKPOINTS_DIRECTORY)
                                .orElse("")
                        : FolderUri.forFlink(config.checkpointDirectory());
        if (!folder.isEmpty()) {
            settings.set(
                    CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder + "/" + job.folder(kiln));
        }
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS,
                config.restartAttempts());
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, config.restartDelay());
        env.configure(settings);
        env.getConfig().setGlobalJobParameters(Configuration.fromMap(keys(kiln)));
    }

    /** What Flink shows as the configuration of the job, without secrets. */
    private static Map<String, String> keys(KilnConfig config) {
        return ConfigKeys.of(config).stream()
                .collect(Collectors.toMap(ConfigKeys.Entry::path, ConfigKeys.Entry::value));
    }
}
