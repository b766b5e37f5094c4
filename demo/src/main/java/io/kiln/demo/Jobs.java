package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.masking.job.MaskingJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.flink.JobFolder;
import io.kiln.operations.flink.SavedState;
import io.kiln.training.job.TrainingJob;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.flink.api.common.JobID;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The masking and the training job of a demo. Each goes on from its latest complete state, if it
 * has any.
 *
 * @param flink runs them
 * @param log where their failures are told at length
 */
record Jobs(EmbeddedFlink flink, JobID masking, JobID training, Path log) {
    static Jobs start(EmbeddedFlink flink, KilnConfig config, Path log) {
        return new Jobs(
                flink,
                submit(
                        flink,
                        KilnJob.MASKING,
                        config,
                        MaskingJob.NAME,
                        env -> MaskingJob.define(env, config)),
                submit(
                        flink,
                        KilnJob.TRAINING,
                        config,
                        TrainingJob.NAME,
                        env -> TrainingJob.define(env, config)),
                log);
    }

    /**
     * Starts a job from the latest complete state in its folder, which a new demo does not have.
     *
     * @param name name in the web interface
     */
    static JobID submit(
            EmbeddedFlink flink,
            KilnJob job,
            KilnConfig config,
            String name,
            Consumer<StreamExecutionEnvironment> definition) {
        Optional<String> latest =
                JobFolder.of(job, config).states().stream().findFirst().map(SavedState::uri);
        return flink.submit(name, latest, definition);
    }

    /**
     * @throws OperationException if one of them has ended
     */
    void requireHealth() {
        require(MaskingJob.NAME, masking);
        require(TrainingJob.NAME, training);
    }

    private void require(String name, JobID job) {
        Optional<String> failure = flink.failure(job);
        if (failure.isPresent()) {
            throw new OperationException(
                    "the job \"" + name + "\" ended: " + failure.get() + "; see " + log);
        }
    }
}
