package io.kiln.demo;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.ingest.ImageSource;
import io.kiln.masking.sampling.Holdout;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.console.StatusLine;
import io.kiln.operations.report.Interruptions;
import io.kiln.operations.report.RunHistory;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;

/**
 * One run of the demo on started servers. Runs the jobs and the feed until the steps are done, then
 * stops them in the order of the data flow.
 */
final class DemoRun {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(300);
    private static final Duration STALL_TIMEOUT = Duration.ofMinutes(5);

    private final DemoOptions options;
    private final StatusLine status;
    private final long beganNanos;
    private final KilnConfig config;
    private final RunRecord record;
    private final WorkDir workDir;
    private final Servers servers;
    private final EmbeddedFlink flink;
    private final Jobs jobs;
    private final Evaluating evaluating;
    private final Worker observing;
    private final Worker feeding;
    private final Feed feed;
    private final Results results;
    private final Resumptions resumptions;
    private final Resources resources;
    private int eventsReported;
    private int evaluationsReported;
    private long lastStep = -1;
    private long lastStepNanos = System.nanoTime();

    /**
     * @param beganNanos start of the demo, by {@link System#nanoTime}
     * @param resumedMillis when it was resumed, in milliseconds since 1970
     * @param resources closes what this run starts
     */
    DemoRun(
            DemoOptions options,
            StatusLine status,
            long beganNanos,
            List<Long> resumedMillis,
            KilnConfig config,
            WorkDir workDir,
            Servers servers,
            EmbeddedFlink flink,
            Resources resources) {
        this.options = options;
        this.status = status;
        this.beganNanos = beganNanos;
        this.config = config;
        this.record = new RunRecord(Holdout.of(config));
        this.workDir = workDir;
        this.servers = servers;
        this.flink = flink;
        this.resumptions = new Resumptions(resumedMillis, record);
        this.resources = resources;
        SentEarlier earlier = SentEarlier.read(config);
        this.jobs = Jobs.start(flink, config, workDir.log());
        this.evaluating = Evaluating.start(flink, config, record);
        Path images = options.images().orElse(workDir.images());
        ImageSource source = ShuffledFolder.of(images);
        OptionalLong steps =
                options.keepRunning() ? OptionalLong.empty() : OptionalLong.of(options.steps());
        this.feed =
                new Feed(
                        config,
                        source,
                        images.toString(),
                        record,
                        new SendWindow(config, steps),
                        earlier);
        this.observing =
                resources.add(Worker.start("observer", new Observer(config, workDir, record)));
        this.feeding = resources.add(Worker.start("feed", feed));
        this.results = new Results(config, workDir, flink.webPage(), options);
        resources.add(
                () -> {
                    if (Resources.askedToEnd()) {
                        stopped();
                    }
                });
    }

    /** Runs to the end; a failure is told in the report too. */
    void go() {
        try {
            run();
        } catch (RuntimeException e) {
            if (!resources.closing()) { // else Ctrl-C has ended the servers too
                reportFailure(e);
            }
            throw e;
        }
    }

    private void reportFailure(RuntimeException failure) {
        try {
            workDir.notResumable();
            report("Failed after " + record.counts().step() + " steps: " + failure.getMessage());
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private void run() {
        follow(() -> record.counts().step() >= options.steps(), "");
        if (options.keepRunning()) {
            status.print("");
            reportSoFar();
            status.print(summary());
            status.print("still running; press Ctrl-C to stop");
            follow(() -> false, "");
        }
        end();
    }

    /**
     * Stops the feed, drains both jobs in the order of the data flow, and writes the final report.
     */
    private void end() {
        workDir.notResumable(); // a job that has been drained cannot go on
        feeding.close();
        long sent = feed.sent();
        SendWindow window = new SendWindow(config, OptionalLong.empty());
        drain(jobs.masking(), "stopping the masking job");
        follow(() -> window.settled(record.counts()) >= sent, "training on the remaining batches");
        drain(jobs.training(), "stopping the training job");
        follow(this::lastEventIsThere, "waiting for the last checkpoint event");
        follow(evaluating.last(feed.heldOut()), "evaluating the last version");
        if (!resumptions.isEmpty()) {
            record.interruptions(Interruptions.of(config, RunName.of(config), eventSteps()));
        }
        report(
                "Ended after "
                        + record.counts().step()
                        + " steps. Every image sent is accounted for."
                        + resumptions.sentences());
        status.end();
        status.print(summary());
    }

    /** Somebody has pressed Ctrl-C: what there is becomes the final report. */
    private void stopped() {
        if (resumptions.isPending()) { // the report of the demo before stays as it is
            status.end();
            status.print("stopped    before it took a step");
            return;
        }
        String after = "after " + record.counts().step() + " steps";
        try {
            if (!report("Stopped " + after + ", by Ctrl-C or a signal.")) {
                return;
            }
        } catch (OperationException e) { // a full disk, for instance
            status.print(String.valueOf(e.getMessage()));
        }
        status.end();
        status.print("stopped    " + after);
        status.print(results.files(history()));
    }

    private void drain(JobID job, String activity) {
        CompletableFuture<String> drained = flink.drain(job);
        follow(drained::isDone, activity);
        try {
            drained.join();
        } catch (CompletionException e) {
            throw new OperationException(
                    activity + " failed: " + EmbeddedFlink.root(e) + "; see " + workDir.log(), e);
        }
    }

    private boolean lastEventIsThere() {
        RunHistory run = history();
        return !run.events().isEmpty()
                && run.events().get(run.events().size() - 1).getStep() == run.step();
    }

    private String summary() {
        return results.summary(history(), record.deadLetters(), sent(), feed.refusals(), elapsed());
    }

    /** Shows the status until a condition holds. */
    private void follow(BooleanSupplier until, String activity) {
        while (!until.getAsBoolean()) {
            requireHealth();
            announceEvents();
            status.show(statusText(activity));
            pause();
        }
        announceEvents();
    }

    private void requireHealth() {
        evaluating.failure().ifPresent(failure -> status.print(failure + "; see " + workDir.log()));
        servers.requireAlive(workDir);
        feeding.failure().ifPresent(DemoRun::fail);
        observing.failure().ifPresent(DemoRun::fail);
        jobs.requireHealth();
        long step = record.counts().step();
        if (step != lastStep) {
            lastStep = step;
            lastStepNanos = System.nanoTime();
        } else if (System.nanoTime() - lastStepNanos > STALL_TIMEOUT.toNanos()) {
            throw new OperationException(
                    "no training step for "
                            + STALL_TIMEOUT.toMinutes()
                            + " minutes; see "
                            + workDir.log());
        }
    }

    private static void fail(RuntimeException failure) {
        throw failure;
    }

    private void announceEvents() {
        RunHistory run = history();
        int known = eventsReported + evaluationsReported;
        for (; eventsReported < run.events().size(); eventsReported++) {
            status.print(results.line(run.events().get(eventsReported)));
        }
        List<Evaluation> evaluations = record.evaluations();
        for (; evaluationsReported < evaluations.size(); evaluationsReported++) {
            status.print(results.line(evaluations.get(evaluationsReported)));
        }
        if (eventsReported + evaluationsReported > known) {
            reportSoFar();
        }
    }

    private void reportSoFar() {
        results.write(history(), record.deadLetters(), sent(), elapsed());
    }

    private boolean report(String outcome) {
        return results.end(outcome, history(), record.deadLetters(), sent(), elapsed());
    }

    private Set<Long> eventSteps() {
        return history().events().stream()
                .map(CheckpointEvent::getStep)
                .collect(Collectors.toSet());
    }

    private Sent sent() {
        return new Sent(feed.sent(), record.counts().heldOut());
    }

    private RunHistory history() {
        return record.history(RunName.of(config), ConfigKeys.of(config));
    }

    private String statusText(String activity) {
        RunRecord.Counts now = record.counts();
        if (activity.isEmpty() && resumptions.isPending()) {
            return StatusWords.resuming(seconds());
        }
        return activity.isEmpty()
                ? StatusWords.of(now, history(), feed.sent(), options.steps(), seconds())
                : StatusWords.of(now, activity, options.steps(), seconds());
    }

    private Elapsed elapsed() {
        return new Elapsed(seconds(), resumptions.stepsBefore());
    }

    private double seconds() {
        return (System.nanoTime() - beganNanos) / 1e9;
    }

    private void pause() {
        try {
            Thread.sleep(POLL_INTERVAL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationException("interrupted", e);
        }
    }
}
