package io.kiln.demo;

import io.kiln.config.KilnConfig;
import io.kiln.demo.scenes.SceneFiles;
import io.kiln.demo.scenes.Scenes;
import io.kiln.evaluation.job.EvaluationJob;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.Ports;
import io.kiln.masking.job.MaskingJob;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Logging;
import io.kiln.operations.console.StatusLine;
import io.kiln.training.job.TrainingJob;
import java.io.PrintWriter;

/**
 * Runs the whole pipeline on one machine: a broker and a registry as child processes, a Flink
 * cluster with its web interface, all three jobs and a stream of images; then stops all of it.
 */
public final class Demo {
    private static final String ANY_PORT = "8081-8999";
    private static final int SCENES = 1500;
    private static final long BYTES_FREE = 1L << 30;

    private final DemoOptions options;
    private final StatusLine status;
    private final long beganNanos = System.nanoTime();

    /**
     * @param terminal whether {@code out} is a terminal, whose lines can be changed in place
     */
    public Demo(DemoOptions options, PrintWriter out, boolean terminal) {
        this.options = options;
        this.status = new StatusLine(out, terminal);
    }

    /**
     * Runs to the end. Checks the options before anything starts.
     *
     * @throws OperationException if anything fails
     * @throws io.kiln.config.ConfigException if an override is wrong
     */
    public void run() {
        KilnConfig draft = DemoConfig.of(options, "localhost:0", "http://localhost/");
        options.images().ifPresent(ShuffledFolder::of);
        options.port().ifPresent(Demo::requireFree);
        EmbeddedFlink.check(env -> MaskingJob.define(env, draft));
        EmbeddedFlink.check(env -> TrainingJob.define(env, draft));
        if (draft.evaluation().holdsOut()) {
            EmbeddedFlink.check(env -> EvaluationJob.define(env, draft));
        }
        try (Resources resources = Resources.closedWithTheProcess()) {
            try {
                run(draft, resources);
            } catch (RuntimeException e) {
                if (!resources.closing()) {
                    status.hint("stopping");
                    throw e;
                }
            }
        } finally {
            status.end();
        }
    }

    /** Flink would find the same, but only after the broker and the registry have started. */
    private static void requireFree(int port) {
        if (Ports.isOpen(port)) {
            throw EmbeddedFlink.portInUse(Integer.toString(port));
        }
    }

    private void run(KilnConfig draft, Resources resources) {
        WorkDir workDir =
                resources.add(
                        options.resume()
                                ? WorkDir.resume(options.workDir())
                                : WorkDir.take(options.workDir(), bytesNeeded(draft)));
        try {
            run(draft, workDir, resources);
            workDir.finished();
        } catch (RuntimeException e) {
            if (!resources.closing()) {
                String next =
                        workDir.isResumable()
                                ? "kiln demo --resume continues it"
                                : "the next demo there removes it";
                status.print("kept       " + workDir.kept() + "; " + next);
            }
            throw e;
        }
    }

    private void run(KilnConfig draft, WorkDir workDir, Resources resources) {
        resources.add(
                () -> {
                    if (Resources.askedToEnd()) {
                        if (workDir.isResumable()) {
                            status.end();
                            status.print("to resume  " + workDir.resumption());
                        }
                        workDir.finished();
                    }
                });
        Logging.toFile(workDir.log());
        status.print("work dir   " + workDir.root());
        status.hint("starting the broker and the registry");
        Servers servers = Servers.start(workDir, resources, () -> prepareImages(draft, workDir));
        KilnConfig config =
                DemoConfig.of(
                        options, servers.broker().bootstrapServers(), servers.registry().url());
        status.print("broker     " + servers.broker().bootstrapServers());
        status.print("registry   " + servers.registry().url());
        status.hint("creating the topics, starting Flink");
        KilnTopics.create(config);
        EmbeddedFlink flink =
                resources.add(
                        EmbeddedFlink.start(
                                workDir.flink(),
                                workDir.log(),
                                options.port().map(String::valueOf).orElse(ANY_PORT),
                                config.flink().maskingParallelism() + 2));
        status.print(
                "Flink      " + flink.webPage() + "   (open it to see the jobs and their metrics)");
        Resumable resumable = resumable(workDir);
        new DemoRun(
                        options,
                        status,
                        beganNanos,
                        resumable.resumedMillis(),
                        config,
                        workDir,
                        servers,
                        flink,
                        resources)
                .go();
    }

    /** From now on the demo can be resumed, unless Ctrl-C is how it ends. */
    private Resumable resumable(WorkDir workDir) {
        Resumable resumable =
                options.resume()
                        ? Resumable.read(workDir.root()).again(System.currentTimeMillis())
                        : Resumable.of(options);
        if (!options.keepRunning()) {
            resumable.write(workDir.resumable());
        }
        return resumable;
    }

    /** Space for encoded and masked images in the broker, and for everything else. */
    private long bytesNeeded(KilnConfig config) {
        long masked = (long) config.input().height() * config.input().width() * 3;
        long encoded = options.images().map(ShuffledFolder::meanBytes).orElse(masked);
        double trained = (double) options.steps() * config.masking().batchSize();
        double sent = trained / (1 - config.evaluation().holdoutShare());
        return BYTES_FREE + (long) (sent * (masked + encoded));
    }

    private void prepareImages(KilnConfig config, WorkDir workDir) {
        if (options.images().isEmpty()) {
            int side = 2 * Math.max(config.input().height(), config.input().width());
            SceneFiles.write(new Scenes(config.masking().seed(), side), SCENES, workDir.images());
        }
    }
}
