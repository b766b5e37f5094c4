package io.kiln.kafka;

import io.kiln.config.FlinkConfig;
import io.kiln.config.FolderUri;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Flink settings of both jobs: exactly-once checkpoints, which are kept when a job is cancelled,
 * and restarts of failed jobs.
 */
public final class JobSettings {
    private JobSettings() {}

    /** Applies the configuration to an environment. */
    public static void apply(FlinkConfig config, StreamExecutionEnvironment env) {
        env.enableCheckpointing(
                config.checkpointInterval().toMillis(), CheckpointingMode.EXACTLY_ONCE);
        env.getConfig().enableObjectReuse();
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, config.checkpointTimeout());
        settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE);
        settings.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        settings.set(PipelineOptions.GENERIC_TYPES, false); // a type that needs Kryo is an error
        if (!config.checkpointDirectory().isEmpty()) {
            settings.set(
                    CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                    FolderUri.forFlink(config.checkpointDirectory()));
        }
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS,
                config.restartAttempts());
        settings.set(
                RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, config.restartDelay());
        env.configure(settings);
    }
}
