package io.kiln.operations.status;

import io.kiln.config.KilnConfig;
import io.kiln.operations.status.JobReading.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is wrong with Flink and the jobs. */
final class JobRules {
    /** In which so many failures are a loop. */
    static final Duration LOOP = Duration.ofMinutes(10);

    static final int FAILURES_OF_A_LOOP = 3;

    /** What to do about a failure, by a text in its root cause. */
    private static final Map<String, String> ADVICE = advice();

    private final KilnConfig config;
    private final RunStatus status;
    private final List<Problem> problems = new ArrayList<>();

    private JobRules(KilnConfig config, RunStatus status) {
        this.config = config;
        this.status = status;
    }

    private static Map<String, String> advice() {
        Map<String, String> advice = new LinkedHashMap<>();
        advice.put(
                "No space left on device",
                "make room on that disk, or keep fewer versions (checkpoints.keepLast,"
                        + " checkpoints.keepEvery); the job then recovers by itself");
        advice.put("Disk quota exceeded", "raise the quota; the job then recovers by itself");
        advice.put(
                "NoResourceAvailableException",
                "start more task managers, or give them more slots (taskmanager.numberOfTaskSlots)");
        advice.put(
                "could not be fulfilled",
                "start more task managers, or give them more slots (taskmanager.numberOfTaskSlots)");
        advice.put("OutOfMemoryError", "give the task managers more memory; docs/how-to/tune.md");
        advice.put(
                "no Kafka broker answered",
                "start the broker again; the job then recovers by itself");
        advice.put(
                "registry at",
                "start the schema registry again, or restore its schemas; the job then recovers by"
                        + " itself");
        return advice;
    }

    static List<Problem> problems(KilnConfig config, RunStatus status) {
        JobRules rules = new JobRules(config, status);
        if (status.flink().isPresent() && status.flink().get().taskManagers() == 0) {
            return List.of(rules.noTaskManager(status.flink().get())); // the jobs' cause of trouble
        }
        status.jobs().forEach(rules::job);
        return rules.problems;
    }

    private Problem noTaskManager(FlinkReading flink) {
        long waiting = status.jobs().stream().filter(job -> !job.isOver()).count();
        return new Problem(
                "no task manager is registered with Flink at "
                        + flink.address()
                        + (waiting == 0 ? "" : "; " + Words.waiting(waiting, "job") + " for one"),
                "start a task manager; the jobs then recover by themselves");
    }

    private void job(JobReading job) {
        String name = "the " + job.job().word() + " job";
        if (job.isOver()) {
            over(name, job);
            return;
        }
        long failures = job.failuresSince(status.at().minus(LOOP));
        if (failures >= FAILURES_OF_A_LOOP) {
            Failure last = job.failures().get(0);
            add(
                    name
                            + " restarts again and again, "
                            + failures
                            + " times in the last "
                            + LOOP.toMinutes()
                            + " min: "
                            + last.line(),
                    adviceFor(last.cause(), job));
        } else if (job.running() < job.tasks() || job.tasks() == 0) {
            add(
                    name
                            + " does not run: "
                            + job.running()
                            + " of "
                            + job.tasks()
                            + " tasks do"
                            + (job.failures().isEmpty()
                                    ? ""
                                    : "; its last failure: " + job.failures().get(0).line()),
                    job.failures().isEmpty()
                            ? "it may have just started; if not, see " + job.page()
                            : adviceFor(job.failures().get(0).cause(), job));
        }
        Duration allowed =
                config.flink().checkpointInterval().plus(config.flink().checkpointTimeout());
        Duration since = job.sinceCheckpoint(status.at());
        if (since.compareTo(allowed) > 0) {
            add(
                    name + " has completed no Flink checkpoint for " + Words.time(since),
                    "see Checkpoints on "
                            + job.page()
                            + "; output is not visible until one completes");
        }
    }

    private void over(String name, JobReading job) {
        String submit = "kiln submit " + job.job().word() + " --from latest";
        switch (job.state()) {
            case "FAILED" ->
                    add(
                            name
                                    + " has failed for good: "
                                    + job.failures().stream()
                                            .findFirst()
                                            .map(Failure::line)
                                            .orElse("no reason given"),
                            "do what the message says, then " + submit);
            case JobReading.ABSENT ->
                    add(
                            name + " of this run is not on the Flink cluster",
                            submit + ", or without --from if the run begins");
            default ->
                    add(
                            name + " has ended (" + job.state() + ")",
                            submit + ", if the stream has not ended");
        }
    }

    private static String adviceFor(String cause, JobReading job) {
        return ADVICE.entrySet().stream()
                .filter(entry -> cause.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("fix the cause; the job then recovers by itself; see " + job.page());
    }

    private void add(String what, String advice) {
        problems.add(new Problem(what, advice));
    }
}
