package io.kiln.cli.demo;

import io.kiln.cli.Catalogue;
import io.kiln.cli.CommandFailure;
import io.kiln.cli.Logging;
import io.kiln.cli.StatusLine;
import io.kiln.cli.report.RunSnapshot;
import io.kiln.config.KilnConfig;
import io.kiln.ingest.ImageSource;
import io.kiln.local.Ports;
import io.kiln.masking.MaskingJob;
import io.kiln.training.TrainingJob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.JobID;

/**
 * The whole pipeline on one machine: a real broker and registry as child processes, a Flink cluster
 * with its web page, both jobs, a stream of images; then the way back down.
 */
public final class Demo {
    private static final Duration LOOK = Duration.ofMillis(300);
    private static final Duration STALLED = Duration.ofMinutes(5);
    private static final String ANY_PORT = "8081-8999";
    private static final int SCENES = 1500;
    private static final long BYTES_FREE = 1L << 30;

    private final DemoOptions options;
    private final StatusLine status;
    private final RunRecord record = new RunRecord();
    private final long began = System.nanoTime();

    /**
     * @param terminal whether {@code out} is a terminal, whose lines can be changed in place
     */
    public Demo(DemoOptions options, PrintWriter out, boolean terminal) {
        this.options = options;
        this.status = new StatusLine(out, terminal);
    }

    /**
     * Runs to its end.
     *
     * @throws CommandFailure if anything on the way fails
     * @throws io.kiln.config.ConfigException if an override is wrong
     */
    public void run() {
        KilnConfig draft = DemoConfig.of(options, "localhost:0", "http://localhost/");
        options.images().ifPresent(ShuffledFolder::of); // tells at once what is wrong with it
        options.port().ifPresent(Demo::requireFree);
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

    /** Flink would say the same, after the broker and the registry have started. */
    private static void requireFree(int port) {
        if (Ports.isOpen(port)) {
            throw EmbeddedFlink.portInUse(Integer.toString(port));
        }
    }

    private void run(KilnConfig draft, Resources resources) {
        WorkDir workDir = resources.add(WorkDir.take(options.workDir(), bytesNeeded(draft)));
        Logging.toFile(workDir.log());
        status.print("work dir   " + workDir.root());
        Servers servers = Servers.start(workDir, resources, () -> prepareImages(draft, workDir));
        KilnConfig config =
                DemoConfig.of(
                        options, servers.broker().bootstrapServers(), servers.registry().url());
        status.print("broker     " + servers.broker().bootstrapServers());
        status.print("registry   " + servers.registry().url());
        Catalogue.create(config);
        EmbeddedFlink flink =
                resources.add(
                        EmbeddedFlink.start(
                                workDir.flink(),
                                workDir.log(),
                                options.port().map(String::valueOf).orElse(ANY_PORT),
                                config.flink().maskingParallelism() + 1));
        status.print(
                "Flink      "
                        + flink.webPage()
                        + "   (open it: two jobs, metrics of the training)");
        new Run(config, workDir, servers, flink, resources).go();
        workDir.finished();
    }

    private static long bytesNeeded(KilnConfig config) {
        long image = (long) config.input().height() * config.input().width() * 3;
        return BYTES_FREE + 1000L * config.masking().batchSize() * image;
    }

    private void prepareImages(KilnConfig config, WorkDir workDir) {
        if (options.images().isEmpty()) {
            int side = 2 * Math.max(config.input().height(), config.input().width());
            SceneFiles.write(new Scenes(config.masking().seed(), side), SCENES, workDir.images());
        }
    }

    /** One run, once everything has started. */
    private final class Run {
        private final KilnConfig config;
        private final WorkDir workDir;
        private final Servers servers;
        private final EmbeddedFlink flink;
        private final JobID masking;
        private final JobID training;
        private final Worker observing;
        private final Worker feeding;
        private final Feed feed;
        private final Results results;
        private int eventsReported;
        private long lastStep = -1;
        private long lastStepNanos = System.nanoTime();

        Run(
                KilnConfig config,
                WorkDir workDir,
                Servers servers,
                EmbeddedFlink flink,
                Resources resources) {
            this.config = config;
            this.workDir = workDir;
            this.servers = servers;
            this.flink = flink;
            this.masking = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            this.training = flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
            Path images = options.images().orElse(workDir.images());
            ImageSource source = ShuffledFolder.of(images);
            OptionalLong steps =
                    options.keepRunning() ? OptionalLong.empty() : OptionalLong.of(options.steps());
            this.feed =
                    new Feed(config, source, images.toString(), record, new Pace(config, steps));
            this.observing =
                    resources.add(Worker.start("observer", new Observer(config, workDir, record)));
            this.feeding = resources.add(Worker.start("feed", feed));
            this.results = new Results(config, workDir, flink.webPage(), options);
        }

        void go() {
            follow(() -> record.counts().step() >= options.steps(), "");
            if (options.keepRunning()) {
                status.print("");
                report(true);
                status.print(summary());
                status.print("still running; Ctrl-C ends it");
                follow(() -> false, "");
            }
            end();
        }

        /** Lets what is under way arrive, in the order of the flow, then ends both jobs. */
        private void end() {
            feeding.close();
            long sent = feed.sent();
            Pace pace = new Pace(config, OptionalLong.empty());
            CompletableFuture<String> masked = flink.drain(masking);
            follow(masked::isDone, "stopping the masking job");
            masked.join();
            follow(() -> pace.underWay(sent, record.counts()) <= 0, "training on the rest");
            CompletableFuture<String> trained = flink.drain(training);
            follow(trained::isDone, "stopping the training job");
            trained.join();
            follow(this::lastEventIsThere, "waiting for the last checkpoint event");
            report(false);
            status.end();
            status.print(summary());
        }

        private boolean lastEventIsThere() {
            RunSnapshot run = record.snapshot();
            return !run.events().isEmpty()
                    && run.events().get(run.events().size() - 1).getStep() == run.step();
        }

        private String summary() {
            return results.summary(record.snapshot(), feed.sent(), feed.refusals(), seconds());
        }

        /** Shows how things stand until a condition holds. */
        private void follow(BooleanSupplier until, String doing) {
            while (!until.getAsBoolean()) {
                requireHealth();
                announceEvents();
                status.show(statusText(doing));
                pause();
            }
            announceEvents();
        }

        private void requireHealth() {
            servers.requireAlive(workDir);
            feeding.failure().ifPresent(Run::fail);
            observing.failure().ifPresent(Run::fail);
            for (JobID job : List.of(masking, training)) {
                Optional<String> failure = flink.failure(job);
                if (failure.isPresent()) {
                    String name = job.equals(masking) ? MaskingJob.NAME : TrainingJob.NAME;
                    throw new CommandFailure(
                            "the job \""
                                    + name
                                    + "\" failed: "
                                    + failure.get()
                                    + "; see "
                                    + workDir.log());
                }
            }
            long step = record.counts().step();
            if (step != lastStep) {
                lastStep = step;
                lastStepNanos = System.nanoTime();
            } else if (System.nanoTime() - lastStepNanos > STALLED.toNanos()) {
                throw new CommandFailure(
                        "no training step for "
                                + STALLED.toMinutes()
                                + " minutes; see "
                                + workDir.log());
            }
        }

        private static void fail(RuntimeException failure) {
            throw failure;
        }

        private void announceEvents() {
            RunSnapshot run = record.snapshot();
            if (run.events().size() == eventsReported) {
                return;
            }
            for (; eventsReported < run.events().size(); eventsReported++) {
                status.print(results.line(run.events().get(eventsReported)));
            }
            report(true);
        }

        private void report(boolean running) {
            results.write(record.snapshot(), record.pictures(), feed.sent(), running, seconds());
        }

        private String statusText(String doing) {
            RunRecord.Counts now = record.counts();
            double loss = record.snapshot().lastLoss().orElse(Double.NaN);
            return String.format(
                    Locale.ROOT,
                    "%s  step %d%s  loss %s  %.0f img/s  %d sent  %d batches  %d events%s",
                    clock(),
                    now.step(),
                    now.step() <= options.steps() ? "/" + options.steps() : "",
                    Double.isNaN(loss) ? "–" : String.format(Locale.ROOT, "%.3f", loss),
                    now.imagesPerSecond(),
                    feed.sent(),
                    now.batches(),
                    now.events(),
                    doing.isEmpty() ? "" : "  " + doing);
        }

        private String clock() {
            long seconds = (long) seconds();
            return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
        }

        private double seconds() {
            return (System.nanoTime() - began) / 1e9;
        }

        private void pause() {
            try {
                Thread.sleep(LOOK.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandFailure("interrupted", e);
            }
        }
    }
}
