package io.kiln.operations.flink;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnJob;
import io.kiln.operations.OperationException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job that runs on a Flink cluster.
 *
 * @param id of the job
 * @param page address of the job in Flink's web interface
 */
public record JobSubmission(String id, String page) {
    private static final Logger LOG = LoggerFactory.getLogger(JobSubmission.class);

    /** Waits until the job runs on the cluster it was submitted to. */
    public JobStart start(KilnConfig config) {
        return new JobStart(new FlinkRest(config.flink().restUrl()), id);
    }

    /**
     * Uploads a jar to the cluster at flink.restUrl, starts it with a configuration, and deletes
     * the upload: the job has its own copy. Keeps the jar in the folder of the job, where that can
     * be written to, for the way back from an upgrade.
     *
     * @param config passed to the job in full, so that the cluster needs no configuration file
     * @param state to start from
     * @throws OperationException if the jar cannot be read, no cluster answers, that job of the run
     *     is running already, or the job does not start
     */
    public static JobSubmission submit(
            KilnConfig config, KilnJob job, Path jar, Optional<StartingState> state) {
        return submit(config, job, JobProgram.of(config, jar), state);
    }

    /**
     * As above, with a program that may be of another version of Kiln.
     *
     * @param config that selects the job and the cluster
     */
    static JobSubmission submit(
            KilnConfig config, KilnJob job, JobProgram program, Optional<StartingState> state) {
        FlinkRest flink = new FlinkRest(config.flink().restUrl());
        FlinkJob.alive(flink, job, config)
                .ifPresent(
                        found -> {
                            throw new OperationException(
                                    "the "
                                            + job.word()
                                            + " job of this run is on the cluster already: job "
                                            + found.id()
                                            + ", "
                                            + found.state()
                                            + ". Replace it with kiln upgrade "
                                            + job.word()
                                            + ", or stop it first with kiln stop "
                                            + job.word());
                        });
        List<String> arguments = List.of("--config-text", program.configuration());
        String uploaded = flink.upload(program.jar());
        String id;
        try {
            id = flink.run(uploaded, arguments, state);
        } finally {
            flink.delete(uploaded);
        }
        keep(config, job, id, program);
        return new JobSubmission(id, FlinkJob.page(config, id));
    }

    private static void keep(KilnConfig config, KilnJob job, String id, JobProgram program) {
        try {
            JobFolder.of(job, config, program.checkpointDirectory()).keepJar(id, program.jar());
        } catch (OperationException e) {
            LOG.warn("an upgrade cannot return to this program: {}", e.getMessage());
        }
    }
}
